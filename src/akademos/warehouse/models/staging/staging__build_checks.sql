{{ config(tags=['after_checks']) }}
-- Results of the checks of this build and of those before it, with a name for each check within its table.
select build_id, dataset, check_name, column_name, check_name || coalesce('_' || column_name, '') as check_key, severity, status, failures,
    checked_at
from {{ extract('warehouse_checks') }} as c
