select issue_id, dataset as dataset_id, check_name, severity, owner as owner_id, opened_at, last_seen_at, closed_at,
    offending as offending_rows,
    case when closed_at is null then 'issue/open' else 'issue/closed' end as status_key,
    {{ seconds_between('opened_at', 'closed_at') }} / 3600 as hours_open
from {{ extract('quality_issues') }} as i
