select control_id, kind, subject as applies_to, enforced_by, statement from {{ extract('gov_controls') }} as c
