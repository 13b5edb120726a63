select dataset as dataset_id, promise, within_hours, job, owner as owner_id from {{ extract('gov_sla') }} as s
