select 'door/' || door as file_type_id,
    door as name,
    'request' as kind,
    case when door = 'import' then 'CSV, JSON lines or Parquet' else 'JSON or NDJSON, plain, gzip or zstd' end as format,
    cast(sum(receipts) as bigint) as receipts,
    cast(sum(received) as bigint) as records
from {{ extract('receipts_by_hour') }} as r
group by door
union all
select 'layout/' || layout, layout, 'file', 'CSV, JSON lines or Parquet in the layout ' || layout, count(*),
    cast(sum(accepted + duplicate + suppressed + rejected) as bigint)
from {{ extract('imports') }} as i
group by layout
