select dataset, zone, owner, basis as legal_basis, counted_from, retention_days, limited as is_limited
from {{ extract('ops_retention') }} as r
