select version_key || '/' || cost_center as rule_key, rule as rule_id, match as matches, cost_center as cost_center_id, share, valid_from, valid_to,
    is_current, recorded_at
from {{ extract('cost_rule_versions') }} as r
