-- What the code enforces against what was recorded of it.
with recorded as (
    select name, fingerprint, recorded_at, row_number() over (partition by name order by version_id desc) as newest,
        count(*) over (partition by name) as versions
    from {{ extract('catalogue_versions') }} as v where kind = 'policy'
), latest as (
    select name, fingerprint, recorded_at, versions from recorded where newest = 1
)
select coalesce(p.policy, l.name) as policy_id,
    case when p.policy is null then 'retired' when l.name is null then 'unrecorded'
        when p.fingerprint = l.fingerprint then 'in force' else 'outdated' end as audit_status,
    'policy/' || case when p.policy is null then 'retired' when l.name is null then 'unrecorded'
        when p.fingerprint = l.fingerprint then 'in force' else 'outdated' end as status_key,
    p.fingerprint as enforced_fingerprint, l.fingerprint as recorded_fingerprint, coalesce(l.versions, 0) as versions, l.recorded_at
from {{ extract('gov_policies') }} as p
full outer join latest as l on l.name = p.policy
