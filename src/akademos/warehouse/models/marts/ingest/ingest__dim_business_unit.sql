select version_key as business_unit_version_key,
    unit_key as business_unit_id,
    parent_key as parent_id,
    name,
    kind,
    status,
    valid_from,
    valid_to,
    is_current,
    recorded_at
from {{ extract('business_units') }} as u
