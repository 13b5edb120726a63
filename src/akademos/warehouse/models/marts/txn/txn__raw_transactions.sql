select load_id, kind, name as file_name, content_sha256, bytes as size_bytes, received as received_rows, loaded_at
from {{ extract('money_loads') }} as l
where kind in ('transactions', 'settlements', 'balances')
