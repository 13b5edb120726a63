-- The one definition of audit_recon: one row a reconciliation, from every domain that has some. A domain adds a branch.
with compared as (
    select 'ingest' as domain,
        equation as reconciliation,
        sum(case when side = 'left' then events else 0 end) as meant,
        sum(case when side = 'right' then events else 0 end) as found,
        bool_and(explained) as explained,
        max(cause) as cause
    from {{ extract('equations') }} as q
    group by equation
    union all
    select domain, reconciliation, meant, found, explained, cause from {{ ref('intermediate__recon_ops') }} as o
    union all
    select domain, reconciliation, meant, found, explained, cause from {{ ref('intermediate__recon_txn') }} as t
)
select domain || '/' || reconciliation as recon_key,
    domain,
    reconciliation,
    cast(meant as decimal(38, 6)) as meant,
    cast(found as decimal(38, 6)) as found,
    cast(meant - found as decimal(38, 6)) as difference,
    'reconciliation/' || case when meant = found then 'balanced' when explained then 'explained' else 'unexplained' end as status_key,
    cause
from compared
