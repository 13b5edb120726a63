-- Learners with an event in a month, of the institution (course_id null) and of each course: as they may be shown, null below
-- the tenant's smallest group, else rounded to five.
with active as (
    select month, course_id, learner_key
    from {{ extract('core_events') }} as e
    where learner_key is not null and environment = 'prod'
),
counted as (
    select month, cast(null as string) as course_id, count(distinct learner_key) as people from active group by month
    union all
    select month, course_id, count(distinct learner_key) as people from active where course_id is not null group by month, course_id
)
select c.month, c.course_id, case when c.people >= d.group_floor then cast(floor(c.people / 5.0 + 0.5) * 5 as bigint) end as learners
from counted as c
cross join {{ extract('cost_disclosure') }} as d
