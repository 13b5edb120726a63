-- Rosters: the rows of a OneRoster set as they came, so that it can be written again. Rows of people are sealed under
-- their data key; a row is known by a keyed hash of its sourcedId, which may name somebody.
CREATE TABLE akademos.roster_files (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    file text NOT NULL,
    header text NOT NULL,
    basis_id text NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, file)
);
CREATE TABLE akademos.roster_rows (
    tenant_id text NOT NULL,
    file text NOT NULL,
    row_hash bytea NOT NULL,
    position bigint NOT NULL,
    learner_key uuid,
    content bytea NOT NULL,
    digest bytea NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, file, row_hash),
    FOREIGN KEY (tenant_id, file) REFERENCES akademos.roster_files,
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX roster_rows_by_person ON akademos.roster_rows (tenant_id, learner_key, file)
    WHERE learner_key IS NOT NULL;
-- Topics that were merged and split. Events are resolved by `moves` when they are read; `edits` are the rows of the
-- curriculum before and after, to take a change back. Names nobody.
CREATE TABLE akademos.topic_changes (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    number bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('merge', 'split')),
    sources text[] NOT NULL,
    targets text[] NOT NULL,
    moves jsonb NOT NULL,
    edits jsonb NOT NULL,
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    undone_by text,
    undone_reason text,
    undone_at timestamptz,
    PRIMARY KEY (tenant_id, number)
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['roster_files', 'roster_rows', 'topic_changes'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.topic_changes TO akademos_serving;
