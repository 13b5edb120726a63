-- What the allow list made of each line: the fields that stayed, and the names of those that were left out.
select log_id, event, fields as kept_fields, trimmed as trimmed_names, trimmed_fields
from {{ extract('ops_log_lines') }} as l
