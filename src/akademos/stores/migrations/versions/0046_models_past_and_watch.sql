-- What the cohort had taught by instants of the past, for answers about the past; written anew every night.
CREATE TABLE akademos.cohort_pasts (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    at timestamptz NOT NULL,
    version bigint NOT NULL,
    packed bytea NOT NULL,
    cohort_times bytea NOT NULL,
    PRIMARY KEY (tenant_id, at)
);
-- How the rows that trained a version were distributed, and how those of each night compare.
ALTER TABLE akademos.models ADD COLUMN reference jsonb;
CREATE TABLE akademos.model_watch (
    tenant_id text NOT NULL,
    model text NOT NULL,
    version bigint NOT NULL,
    watched_at timestamptz NOT NULL,
    learners integer NOT NULL,
    status text NOT NULL CHECK (status IN ('stable', 'watch', 'drifting', 'not_enough_data')),
    shift double precision CHECK (shift >= 0),
    figures jsonb NOT NULL,
    PRIMARY KEY (tenant_id, model, version, watched_at),
    FOREIGN KEY (tenant_id, model, version) REFERENCES akademos.models ON DELETE CASCADE
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['cohort_pasts', 'model_watch'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.model_watch TO akademos_serving;
