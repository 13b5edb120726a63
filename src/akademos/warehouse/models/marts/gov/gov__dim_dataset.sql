-- Datasets with their history: slowly changing dimension type 2 over the recorded versions.
select version_key as dataset_key, name as dataset_id, owner as owner_id, zone, description, grain, classification, sensitivity, basis,
    retention_days, column_count, columns_fingerprint, valid_from, valid_to, is_current, recorded_at
from {{ extract('gov_datasets') }} as d
