select status_key, kind, status, description, is_final, is_problem from {{ ref('staging__statuses') }} as s
