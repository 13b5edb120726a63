select wire_name || '/' || property as field_key,
    wire_name as schema_key,
    position,
    property as field_name,
    type as field_type,
    required,
    unit,
    allowed_values,
    minimum,
    maximum,
    free_text,
    core_column,
    description
from {{ extract('event_properties') }} as p
