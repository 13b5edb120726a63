-- The one definition of dim_region: where the installation's own processes run. A domain that knows more regions adds a branch.
select distinct region as region_id, region as name, 'installation' as kind
from {{ extract('ops_log_loads') }} as l
