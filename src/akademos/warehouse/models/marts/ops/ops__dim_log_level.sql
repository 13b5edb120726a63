select name as log_level, rank as severity_rank, description, rank >= 40 as needs_a_look
from {{ extract('ops_levels') }} as l
