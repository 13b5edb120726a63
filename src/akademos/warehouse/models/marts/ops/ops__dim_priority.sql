select name as priority_id, title, rank as priority_rank, acknowledge_within_s, resolve_within_s
from {{ extract('ops_priorities') }} as p
