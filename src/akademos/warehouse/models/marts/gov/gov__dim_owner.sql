-- Everybody who answers for datasets, issues or promises.
with named as (
    select owner, name as dataset from {{ extract('gov_datasets') }} as d where is_current
    union
    select owner, dataset from {{ extract('quality_issues') }} as i
    union
    select owner, dataset from {{ extract('gov_sla') }} as s
    union
    select owner, name as dataset from {{ extract('gov_datasets') }} as h
)
select owner as owner_id, owner as name, count(distinct dataset) as datasets from named where owner is not null group by owner
