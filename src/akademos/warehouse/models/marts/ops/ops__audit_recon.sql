select recon_key, domain, reconciliation, meant, found, difference, status_key, cause
from {{ ref('intermediate__audit_recon') }} as r
where domain = 'ops'
