select m.window_id, m.scope, m.kind, m.rules, m.starts_at, m.ends_at, m.declared_as, m.declared_at, m.cancelled_at,
    count(a.alert_id) as alerts_silenced
from {{ extract('ops_maintenance') }} as m
left join {{ extract('ops_alerts') }} as a on a.window_id = m.window_id
group by m.window_id, m.scope, m.kind, m.rules, m.starts_at, m.ends_at, m.declared_as, m.declared_at, m.cancelled_at
