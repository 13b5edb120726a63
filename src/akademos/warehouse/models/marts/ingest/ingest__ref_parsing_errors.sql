with counted as (
    select code, verdict, count(*) as records, min(received_at) as first_seen_at, max(received_at) as last_seen_at
    from {{ ref('ingest__stg_raw') }} as r
    where code is not null
    group by code, verdict
)
select coalesce(p.code, c.code) as code,
    'verdict/' || coalesce(p.verdict, c.verdict) as status_key,
    coalesce(p.rule, 'a rule of the column map or of the layout of an import') as rule,
    coalesce(p.hint, 'The import says for each row what to do.') as hint,
    coalesce(c.records, 0) as records,
    c.first_seen_at,
    c.last_seen_at
from {{ extract('parsing_errors') }} as p
full outer join counted as c on c.code = p.code and c.verdict = p.verdict
