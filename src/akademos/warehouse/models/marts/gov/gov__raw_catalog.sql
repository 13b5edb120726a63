-- The same versions with what they said.
select version_id, kind, name, owner, zone, description, grain, classification, sensitivity, basis, retention_days, column_count,
    value, version
from {{ extract('catalogue_versions') }} as v
