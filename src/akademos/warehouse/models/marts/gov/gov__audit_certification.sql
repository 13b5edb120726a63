-- Each statement against the dataset as it is, and against its latest checks.
with latest as (
    select dataset, check_name, severity, status, row_number() over (partition by dataset, check_name order by checked_at desc, result_id desc) as newest
    from {{ extract('quality_results') }} as q
), failing as (
    select dataset, count(*) filter (where status = 'failed') as failed,
        count(*) filter (where status = 'failed' and severity = 'critical') as critical
    from latest where newest = 1 group by dataset
)
select s.certification_id, s.dataset_id, s.level, s.status_key, s.certified_fingerprint, p.columns_fingerprint as present_fingerprint,
    coalesce(f.failed, 0) as failing_checks, coalesce(f.critical, 0) as failing_critical_checks,
    s.status_key = 'certification/standing' and coalesce(f.critical, 0) = 0 as holds
from {{ ref('gov__stage_certifications') }} as s
left join {{ extract('gov_present') }} as p on p.dataset = s.dataset_id
left join failing as f on f.dataset = s.dataset_id
