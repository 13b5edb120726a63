-- Who mends what fails: every owner of a dataset, with what is open.
select o.owner_id as team_id, o.name, o.datasets, count(i.issue_id) as issues,
    count(*) filter (where i.closed_at is null and i.issue_id is not null) as open_issues
from {{ ref('gov__dim_owner') }} as o
left join {{ extract('quality_issues') }} as i on i.owner = o.owner_id
group by o.owner_id, o.name, o.datasets
