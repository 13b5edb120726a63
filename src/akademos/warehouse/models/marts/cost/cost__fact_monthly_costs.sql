with paid as (
    select cast(date_trunc('month', period_start) as date) as month, currency, cost_center, sum(amount) as amount, sum(effective) as effective_cost
    from {{ extract('cost_allocations') }} as a
    group by cast(date_trunc('month', period_start) as date), currency, cost_center
),
budgets as (
    select p.month, p.currency, p.cost_center, b.monthly_budget,
        row_number() over (partition by p.month, p.currency, p.cost_center order by b.valid_from desc) as place
    from paid as p
    join {{ extract('cost_centre_versions') }} as b
        on b.cost_center = p.cost_center and b.currency = p.currency and cast(date_trunc('month', b.valid_from) as date) <= p.month
        and (b.valid_to is null or p.month < cast(b.valid_to as date))
)
select cast(p.month as string) || '/' || p.currency || '/' || p.cost_center as monthly_key, p.month, p.currency, p.cost_center as cost_center_id,
    p.amount, p.effective_cost, b.monthly_budget, p.amount > b.monthly_budget as is_over_budget, a.learners as active_learners,
    cast(p.amount / a.learners as decimal(38, 6)) as amount_per_active_learner
from paid as p
left join budgets as b on b.month = p.month and b.currency = p.currency and b.cost_center = p.cost_center and b.place = 1
left join {{ ref('intermediate__active_learners') }} as a on a.course_id is null and a.month = substr(cast(p.month as string), 1, 7)
