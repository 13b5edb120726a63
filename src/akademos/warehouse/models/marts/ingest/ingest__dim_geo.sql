-- Where somebody is gets known by time zones only: addresses are not kept, and nobody is located.
select time_zone as geo_id,
    time_zone,
    case when position('/' in time_zone) > 0 then split_part(time_zone, '/', 1) else 'none' end as area,
    replace(case when position('/' in time_zone) > 0 then split_part(time_zone, '/', 2) else time_zone end, '_', ' ') as place,
    'institution' as known_from
from {{ extract('tenants') }} as t
