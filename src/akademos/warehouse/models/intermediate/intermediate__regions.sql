-- The one definition of dim_region: where the installation's own processes run, and where providers charge for. A domain that
-- knows more regions adds a branch.
with named as (
    select region as region_id, 'installation' as kind from {{ extract('ops_log_loads') }} as l
    union
    select coalesce(region, 'unknown'), 'bill' from {{ extract('billing_charges') }} as c
)
select region_id, region_id as name, max(kind) as kind
from named
group by region_id
