-- The access log is searched by who looked, and by when.
CREATE INDEX access_log_by_actor ON akademos.access_log (tenant_id, actor, access_id);
CREATE INDEX access_log_by_time ON akademos.access_log USING brin (at);
