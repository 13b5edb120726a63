-- Each bill by course, in whole minor units: what its charges name as the course's, and of what courses have in common the part of
-- the course's active learners by the largest remainder; target null: what no course can be given.
with common as (
    select p.*, a.course_id as target, a.learners, sum(a.learners) over (partition by p.billing_account, p.period_start, p.currency) as everybody
    from {{ extract('cost_course_parts') }} as p
    left join {{ ref('intermediate__active_learners') }} as a
        on p.course_id is null and a.course_id is not null and a.learners is not null and a.month = substr(cast(p.period_start as string), 1, 7)
),
floored as (
    select *, case when target is null then abs(minor)
        else cast((abs(minor) * learners - (abs(minor) * learners) % everybody) / everybody as bigint) end as part,
        case when target is null then 0 else (abs(minor) * learners) % everybody end as remainder
    from common
),
ranked as (
    select *, row_number() over (partition by billing_account, period_start, currency, course_id order by remainder desc, target) as place,
        abs(minor) - sum(part) over (partition by billing_account, period_start, currency, course_id) as left_over
    from floored
)
select billing_account, period_start, currency, coalesce(course_id, target) as target,
    sum((case when minor < 0 then -1 else 1 end) * (part + case when place <= left_over then 1 else 0 end)) as minor,
    max(minor_unit) as minor_unit, sum(learners) as learners
from ranked
group by billing_account, period_start, currency, coalesce(course_id, target)
