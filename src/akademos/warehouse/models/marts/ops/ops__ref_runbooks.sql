select name as runbook_id, title, page, codes, rules from {{ extract('ops_runbooks') }} as r
