select value as sensitivity_id, position, meaning, datasets from {{ extract('gov_handling') }} as h where scale = 'sensitivity'
