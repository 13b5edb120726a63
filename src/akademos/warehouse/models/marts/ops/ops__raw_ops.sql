-- Figures as the platform measured them of itself; never changed.
select figure_id as measurement_id, figure, subject, scope, value, measured_at
from {{ extract('ops_measured') }} as m
