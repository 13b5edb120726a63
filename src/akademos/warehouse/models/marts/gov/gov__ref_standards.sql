select standard_id, title, issuer, version, used_for, followed_in from {{ extract('gov_standards') }} as s
