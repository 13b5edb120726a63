-- Alerts with the rule that raised them.
select a.alert_id, a.rule, a.subject, a.scope, r.figure, r.unit, r.severity, r.priority as priority_id, r.team as team_id,
    r.runbook as runbook_id, a.began_at, a.seen_at, a.fired_at, a.cleared_at, a.value, a.worst, a.threshold, a.window_id,
    a.incident_id,
    'alert/' || case
        when a.cleared_at is not null then 'cleared'
        when a.fired_at is null then 'pending'
        when a.window_id is not null then 'silenced'
        else 'firing' end as status_key
from {{ extract('ops_alerts') }} as a
left join {{ extract('ops_rules') }} as r on r.rule = a.rule
