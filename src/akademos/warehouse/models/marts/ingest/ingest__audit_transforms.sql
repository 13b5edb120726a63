select equation || '/' || side || '/' || part as part_key,
    equation,
    side,
    part,
    events,
    difference,
    'reconciliation/' || case when difference = 0 then 'balanced' when explained then 'explained' else 'unexplained' end as status_key,
    cause
from {{ extract('equations') }} as q
