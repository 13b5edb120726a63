-- Comparison with peers: people are counted in blocks that enter, change and leave together, apart from the groups.
CREATE TABLE akademos.peer_blocks (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    block integer NOT NULL,
    label text NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    PRIMARY KEY (tenant_id, course_id, block)
);
-- A person whose block was dropped is kept with block null: they are not counted in this course again.
CREATE TABLE akademos.peer_members (
    tenant_id text NOT NULL,
    course_id text NOT NULL,
    learner_key uuid NOT NULL,
    block integer,
    evidence jsonb NOT NULL,
    PRIMARY KEY (tenant_id, course_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX peer_members_by_person ON akademos.peer_members (tenant_id, learner_key);
CREATE TABLE akademos.peer_sums (
    tenant_id text NOT NULL,
    course_id text NOT NULL,
    item text NOT NULL,
    block integer NOT NULL,
    as_of timestamptz NOT NULL,
    people integer NOT NULL,
    bands integer[] NOT NULL,
    PRIMARY KEY (tenant_id, course_id, item, block),
    FOREIGN KEY (tenant_id, course_id, block) REFERENCES akademos.peer_blocks ON DELETE CASCADE
);
-- What was published, and when; what is newest at an instant is in force then.
CREATE TABLE akademos.peer_publications (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    published_at timestamptz NOT NULL,
    smallest_group integer NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (tenant_id, course_id, published_at)
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['peer_blocks', 'peer_members', 'peer_sums', 'peer_publications'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.peer_publications TO akademos_serving;
