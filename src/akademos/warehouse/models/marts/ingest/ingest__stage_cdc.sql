select position as change_position, record, action, version as record_version, changed_at, first_version, about_a_learner, columns_changed
from {{ extract('record_change_log') }} as c
