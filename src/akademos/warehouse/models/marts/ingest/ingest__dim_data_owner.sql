select owner as owner_id, owner as name, datasets, event_types from {{ extract('owners') }} as o
