with declared as (
    select version_key as cost_center_key, cost_center as cost_center_id, owner, monthly_budget, currency, true as is_declared, valid_from,
        valid_to, is_current, recorded_at
    from {{ extract('cost_centre_versions') }} as v
),
used as (
    select cost_center as cost_center_id, min(start_ts) as valid_from from {{ extract('cost_usage') }} as u group by cost_center
)
select * from declared
union all
select 'undeclared/' || u.cost_center_id, u.cost_center_id, null, null, null, false, u.valid_from, null, true, u.valid_from
from used as u
where not exists (select 1 from declared as d where d.cost_center_id = u.cost_center_id)
