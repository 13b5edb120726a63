-- People with an event in a month, of the institution (course_id null) and of each course, whatever keys they have: as they may
-- be shown, null below the tenant's smallest group, else rounded to five.
with active as (
    select e.month, e.course_id, coalesce(l.person_key, e.learner_key) as person
    from {{ extract('core_events') }} as e
    left join {{ extract('linked_keys') }} as l on l.learner_key = e.learner_key
    where e.learner_key is not null and e.environment = 'prod'
),
counted as (
    select month, cast(null as string) as course_id, count(distinct person) as people from active group by month
    union all
    select month, course_id, count(distinct person) as people from active where course_id is not null group by month, course_id
)
select c.month, c.course_id, case when c.people >= d.group_floor then cast(floor(c.people / 5.0 + 0.5) * 5 as bigint) end as learners
from counted as c
cross join {{ extract('cost_disclosure') }} as d
