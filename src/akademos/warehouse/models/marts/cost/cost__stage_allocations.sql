-- What each cost centre and each course pays of each bill.
select 'cost_center/' || {{ joined(['billing_account', 'cast(period_start as string)', 'currency', 'cost_center']) }} as allocation_key,
    'cost_center' as allocation_kind, billing_account as billing_account_id, period_start, currency, cost_center as target_id,
    effective as effective_cost, cast(null as bigint) as active_learners, amount
from {{ extract('cost_allocations') }} as a
union all
select 'course/' || {{ joined(['billing_account', 'cast(period_start as string)', 'currency']) }} || coalesce('/' || {{ joined(['target']) }}, ''), 'course',
    billing_account, period_start, currency, target, null, cast(learners as bigint), {{ of_minor('minor', 'minor_unit') }}
from {{ ref('intermediate__course_costs') }} as c
