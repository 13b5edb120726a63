-- Incidents as they stand, open and resolved.
select incident_id, rule, subject, scope, severity, priority as priority_id, team as team_id, runbook as runbook_id, began_at,
    opened_at, acknowledged_at, acknowledged_as, resolved_at, resolved_as, resolution,
    'incident/' || case
        when resolved_at is not null then 'resolved'
        when acknowledged_at is not null then 'acknowledged'
        else 'open' end as status_key
from {{ extract('ops_incidents') }} as i
