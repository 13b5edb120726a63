-- The one definition of dim_status; each schema exposes it.
select status_key, kind, status, description, is_final, is_problem from {{ extract('statuses') }} as s
