select tag as tag_id, kind, datasets from {{ extract('gov_tags') }} as t
