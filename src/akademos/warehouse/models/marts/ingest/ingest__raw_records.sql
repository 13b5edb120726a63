select source || '/' || door || '/' || {{ instant_text('hour') }} as batch_key,
    source as source_system_id,
    door,
    hour as received_hour,
    receipts,
    received,
    accepted,
    held,
    duplicate,
    conflict,
    suppressed,
    rejected
from {{ extract('receipts_by_hour') }} as r
