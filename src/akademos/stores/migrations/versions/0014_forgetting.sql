-- FSRS-6 weights (21 little-endian doubles) of all learners of a tenant together, one row a fit; the newest by an instant
-- were in force then.
CREATE TABLE akademos.cohort_memory_weights (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    version bigint NOT NULL,
    fitted_at timestamptz NOT NULL,
    learners integer NOT NULL,
    reviews bigint NOT NULL,
    weights bytea NOT NULL CHECK (octet_length(weights) = 168),
    PRIMARY KEY (tenant_id, version)
);
CREATE INDEX cohort_memory_weights_by_time ON akademos.cohort_memory_weights (tenant_id, fitted_at);
-- The same of one learner's own reviews.
CREATE TABLE akademos.memory_weights (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    fitted_at timestamptz NOT NULL,
    reviews bigint NOT NULL,
    weights bytea NOT NULL CHECK (octet_length(weights) = 168),
    PRIMARY KEY (tenant_id, learner_key, fitted_at),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['cohort_memory_weights', 'memory_weights'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
