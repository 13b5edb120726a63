-- Operations: the platform's own log and figures, alerts, incidents, maintenance. A tenant of null is the installation's.
CREATE TABLE akademos.ops_log_loads (
    load_id uuid PRIMARY KEY,
    tenant_id text,
    service text NOT NULL,
    instance text NOT NULL,
    version text NOT NULL,
    region text NOT NULL,
    started_at timestamptz NOT NULL,
    loaded_at timestamptz NOT NULL,
    offered bigint NOT NULL CHECK (offered >= 0),
    kept bigint NOT NULL CHECK (kept >= 0),
    lost bigint NOT NULL CHECK (lost >= 0),
    meant text NOT NULL,
    moved text NOT NULL,
    seconds double precision NOT NULL
);
CREATE INDEX ops_log_loads_by_time ON akademos.ops_log_loads (loaded_at);
CREATE TABLE akademos.ops_logs (
    log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text,
    load_id uuid NOT NULL,
    service text NOT NULL,
    instance text NOT NULL,
    level text NOT NULL CHECK (level IN ('debug', 'info', 'warning', 'error', 'critical')),
    event text NOT NULL,
    logged_at timestamptz NOT NULL,
    fields text NOT NULL,
    trimmed text[] NOT NULL
);
CREATE INDEX ops_logs_by_time ON akademos.ops_logs (logged_at);
CREATE TABLE akademos.ops_figures (
    figure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text,
    figure text NOT NULL,
    subject text NOT NULL,
    value double precision NOT NULL,
    measured_at timestamptz NOT NULL
);
CREATE INDEX ops_figures_by_time ON akademos.ops_figures (figure, measured_at);
CREATE TABLE akademos.ops_alerts (
    alert_id uuid PRIMARY KEY,
    tenant_id text,
    rule text NOT NULL,
    subject text NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    fired_at timestamptz,
    cleared_at timestamptz,
    value double precision NOT NULL,
    worst double precision NOT NULL,
    threshold double precision NOT NULL,
    window_id uuid,
    incident_id uuid,
    CHECK (began_at <= seen_at AND seen_at <= fired_at AND seen_at <= cleared_at)
);
CREATE UNIQUE INDEX ops_alerts_standing ON akademos.ops_alerts (rule, subject, coalesce(tenant_id, ''))
    WHERE cleared_at IS NULL;
CREATE INDEX ops_alerts_by_time ON akademos.ops_alerts (seen_at);
CREATE TABLE akademos.ops_incidents (
    incident_id uuid PRIMARY KEY,
    tenant_id text,
    rule text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'warning', 'notice')),
    priority text NOT NULL,
    team text NOT NULL,
    runbook text NOT NULL,
    began_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    resolved_by text,
    resolution text CHECK (resolution IN ('recovered', 'mended', 'false_alarm', 'accepted')),
    CHECK (began_at <= opened_at AND opened_at <= acknowledged_at AND opened_at <= resolved_at),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK ((resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX ops_incidents_open ON akademos.ops_incidents (rule, subject, coalesce(tenant_id, ''))
    WHERE resolved_at IS NULL;
CREATE INDEX ops_incidents_by_time ON akademos.ops_incidents (opened_at);
CREATE TABLE akademos.ops_maintenance (
    window_id uuid PRIMARY KEY,
    tenant_id text,
    kind text NOT NULL CHECK (kind IN ('upgrade', 'restore', 'migration', 'import', 'test', 'other')),
    rules text[] NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    declared_by text NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz,
    CHECK (starts_at < ends_at)
);
CREATE INDEX ops_maintenance_by_time ON akademos.ops_maintenance (starts_at);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['ops_log_loads', 'ops_logs', 'ops_figures', 'ops_alerts', 'ops_incidents', 'ops_maintenance']
    LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
-- The log, its loads and the figures are never changed.
GRANT UPDATE ON akademos.ops_alerts, akademos.ops_incidents, akademos.ops_maintenance TO akademos_pipeline;
GRANT SELECT ON akademos.ops_alerts, akademos.ops_incidents, akademos.ops_maintenance TO akademos_serving;
