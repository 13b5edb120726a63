select {{ joined(['tag', 'value'], by='=') }} as tag_id, tag, value, charges, first_at as first_used_at, last_at as last_used_at
from {{ extract('cost_tags') }} as t
