-- Each recorded version of a policy beside the one before.
select version_id as change_id, name as policy_id,
    case when lag(version_id) over (partition by name order by version_id) is null then 'recorded' else 'changed' end as change_kind,
    lag(value) over (partition by name order by version_id) as value_before, value as value_after, recorded_at as changed_at
from {{ extract('catalogue_versions') }} as v where kind = 'policy'
