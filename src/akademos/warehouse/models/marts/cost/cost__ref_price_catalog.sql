select version_key as price_key, item, unit, currency, price as unit_price, valid_from, valid_to, is_current, recorded_at
from {{ extract('cost_price_versions') }} as p
