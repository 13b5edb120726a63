-- Research releases: what was made; the files lie in the data folder.
CREATE TABLE akademos.releases (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    release_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('anonymous', 'pseudonymous')),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    parameters jsonb NOT NULL,
    row_count integer NOT NULL,
    checksum text NOT NULL,
    report jsonb NOT NULL,
    changed_at timestamptz,
    withdrawn_by text,
    withdrawn_at timestamptz,
    PRIMARY KEY (tenant_id, release_id),
    UNIQUE (tenant_id, name)
);
-- Whose row of a pseudonymous release is whose: the row's key, sealed under the person's data key.
CREATE TABLE akademos.release_members (
    tenant_id text NOT NULL,
    release_id uuid NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (tenant_id, release_id, learner_key, course_id),
    FOREIGN KEY (tenant_id, release_id) REFERENCES akademos.releases ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX release_members_by_person ON akademos.release_members (tenant_id, learner_key);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['releases', 'release_members'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.releases TO akademos_serving;
