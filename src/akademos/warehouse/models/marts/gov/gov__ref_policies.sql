select policy as policy_id, description, value, enforced_by, source, fingerprint from {{ extract('gov_policies') }} as p
