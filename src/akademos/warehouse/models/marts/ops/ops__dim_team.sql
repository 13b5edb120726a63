select name as team_id, title, description from {{ extract('ops_teams') }} as t
