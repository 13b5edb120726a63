-- Names that sources have for courses, and the one course that each becomes. Several courses under one name are no answer.
with named as (
    select record, source_id, course_id, coalesce(source_reference, source_id) as source_name, recorded_at
    from {{ extract('course_sources') }} as c
), seen as (
    select course_id, min(received_at) as recorded_at from {{ extract('core_events') }} as e where course_id is not null group by course_id
), candidates as (
    select source_name, count(distinct course_id) as courses from named group by source_name
)
select n.record || '/' || n.source_id as mapping_key,
    n.record as source_record,
    n.source_id,
    n.source_name,
    case when c.courses = 1 then n.course_id end as course_id,
    c.courses as candidates,
    'mapping/' || case when c.courses = 1 then 'conformed' else 'ambiguous' end as status_key,
    case when n.source_name = n.source_id then 'same name' else 'source reference' end as rule,
    n.recorded_at
from named as n
join candidates as c on c.source_name = n.source_name
union all
select 'events/' || s.course_id, 'events', s.course_id, s.course_id, null, 0, 'mapping/unmapped', 'no course record', s.recorded_at
from seen as s
where not exists (select 1 from named as n where n.course_id = s.course_id or n.source_id = s.course_id)
