-- How long the server was at the questions of each tenant; never changed.
CREATE TABLE akademos.query_usage (
    usage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    query text NOT NULL,
    answers bigint NOT NULL CHECK (answers > 0),
    seconds double precision NOT NULL CHECK (seconds >= 0),
    noted_at timestamptz NOT NULL
);
CREATE INDEX query_usage_by_time ON akademos.query_usage (tenant_id, noted_at);
ALTER TABLE akademos.query_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.query_usage FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.query_usage TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.query_usage TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON akademos.query_usage TO akademos_pipeline;
GRANT SELECT ON akademos.query_usage TO akademos_serving;
