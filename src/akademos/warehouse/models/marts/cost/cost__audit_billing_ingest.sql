select load_id, kind, name as file_name, received as received_rows, accepted as accepted_rows, duplicate as duplicate_rows,
    rejected as rejected_rows, codes as refusals, meant_checksum, kept_checksum, seconds,
    'load/' || case when meant_checksum = kept_checksum then 'complete' else 'unexplained' end as status_key, loaded_at
from {{ extract('money_loads') }} as l
where kind in ('charges', 'metering', 'terms', 'rates')
