-- Kinds of processes, a row for each time that version or region changed (SCD type 2).
select version_key as service_key, service as service_id, description, team as team_id, version, region as region_id,
    valid_from, valid_to, is_current, recorded_at
from {{ extract('ops_service_versions') }} as s
