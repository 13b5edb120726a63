select region_id, name, kind from {{ ref('staging__regions') }} as r
