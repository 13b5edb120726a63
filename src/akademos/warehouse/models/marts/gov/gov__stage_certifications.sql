-- Certifications as they stand now.
select c.certification_id, c.dataset as dataset_id, c.level, c.decided_by, c.decided_at, c.valid_until, c.revoked_at,
    c.fingerprint as certified_fingerprint,
    'certification/' || case when c.revoked_at is not null then 'revoked'
        when p.columns_fingerprint is distinct from c.fingerprint then 'lapsed' else 'standing' end as status_key
from {{ extract('dataset_certifications') }} as c
left join {{ extract('gov_present') }} as p on p.dataset = c.dataset
