with common as (
    select p.*, a.course_id as target, a.learners, sum(a.learners) over (partition by p.billing_account, p.period_start, p.currency) as everybody
    from {{ extract('cost_course_parts') }} as p
    left join {{ ref('staging__active_learners') }} as a
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
),
courses as (
    select billing_account, period_start, currency, coalesce(course_id, target) as target,
        sum((case when minor < 0 then -1 else 1 end) * (part + case when place <= left_over then 1 else 0 end)) as minor,
        max(minor_unit) as minor_unit, sum(learners) as learners
    from ranked
    group by billing_account, period_start, currency, coalesce(course_id, target)
)
select 'cost_center/' || {{ joined(['billing_account', 'cast(period_start as string)', 'currency', 'cost_center']) }} as allocation_key,
    'cost_center' as allocation_kind, billing_account as billing_account_id, period_start, currency, cost_center as target_id,
    effective as effective_cost, cast(null as bigint) as active_learners, amount
from {{ extract('cost_allocations') }} as a
union all
select 'course/' || {{ joined(['billing_account', 'cast(period_start as string)', 'currency', "coalesce(target, '')"]) }}, 'course',
    billing_account, period_start, currency, target, null, cast(learners as bigint), {{ of_minor('minor', 'minor_unit') }}
from courses
