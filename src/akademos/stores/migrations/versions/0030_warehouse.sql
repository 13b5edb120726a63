-- Warehouse --------------------------------------------------------------------------------------------------------------

-- What the checks of each build of the warehouse found; a build is known by the fingerprint of what it was made from.
CREATE TABLE akademos.warehouse_checks (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    build_id text NOT NULL,
    dataset text NOT NULL,
    check_name text NOT NULL,
    column_name text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'warning')),
    status text NOT NULL CHECK (status IN ('pass', 'warn', 'fail')),
    failures bigint NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, build_id, dataset, check_name, column_name)
);
CREATE INDEX warehouse_checks_by_time ON akademos.warehouse_checks (tenant_id, checked_at);

-- One row a load of a closed day: what was meant to move, and what moved, with checksums that do not depend on order.
CREATE TABLE akademos.warehouse_loads (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    load text NOT NULL CHECK (load IN ('envelopes', 'core')),
    received_on date NOT NULL,
    channel text NOT NULL CHECK (channel IN ('live', 'import')),
    verdicts jsonb NOT NULL,
    meant_rows bigint NOT NULL,
    moved_rows bigint NOT NULL,
    meant_checksum text NOT NULL,
    moved_checksum text NOT NULL,
    seconds double precision,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, load, received_on, channel)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['warehouse_checks', 'warehouse_loads'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
