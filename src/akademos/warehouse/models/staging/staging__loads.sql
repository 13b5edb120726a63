-- Audit rows of loads: those of closed days as they were noted, those of open days as they stand.
select *, true as closed from {{ extract('loads_closed') }} as c
union all
select *, false as closed from {{ extract('loads_open') }} as o
