select 'door/' || door as file_type_id,
    door as name,
    'request' as kind,
    case when door = 'import' then 'CSV, JSON lines or Parquet' else 'JSON or NDJSON, plain, gzip or zstd' end as format,
    sum(receipts) as receipts,
    sum(received) as records
from {{ extract('receipts_by_hour') }} as r
group by door
union all
select 'layout/' || layout, layout, 'file', 'CSV, JSON lines or Parquet in the layout ' || layout, count(*),
    sum(accepted + duplicate + suppressed + rejected)
from {{ extract('imports') }} as i
group by layout
