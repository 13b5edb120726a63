-- How long it took to notice, to take on and to end each incident. Times that are not over yet are null.
with timed as (
    select incident_id, rule, priority, team, opened_at,
        {{ seconds_between('began_at', 'opened_at') }} as time_to_detect_s,
        {{ seconds_between('opened_at', 'acknowledged_at') }} as time_to_acknowledge_s,
        {{ seconds_between('opened_at', 'resolved_at') }} as time_to_resolve_s
    from {{ extract('ops_incidents') }} as i
)
select t.incident_id, t.rule, t.priority as priority_id, t.team as team_id, t.opened_at, t.time_to_detect_s,
    t.time_to_acknowledge_s, t.time_to_resolve_s,
    t.time_to_acknowledge_s <= p.acknowledge_within_s as acknowledged_in_time,
    t.time_to_resolve_s <= p.resolve_within_s as resolved_in_time
from timed as t
left join {{ extract('ops_priorities') }} as p on p.name = t.priority
