select version_key as discount_key, item, share, least as least_quantity, valid_from, valid_to, is_current, recorded_at
from {{ extract('cost_discount_versions') }} as d
