select region_id, name, kind from {{ ref('intermediate__regions') }} as r
