select value as classification_id, position, meaning, datasets from {{ extract('gov_handling') }} as h where scale = 'classification'
