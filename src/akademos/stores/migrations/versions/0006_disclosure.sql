ALTER TABLE akademos.tenants ADD COLUMN group_floor integer NOT NULL DEFAULT 10 CHECK (group_floor >= 5);
-- The guard of group answers: people are counted in blocks that enter, change and leave together. A scope is a course,
-- or '' for the institution. Only what is published is readable by the serving role.
CREATE TABLE akademos.group_blocks (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    scope text NOT NULL,
    block integer NOT NULL,
    label text NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    PRIMARY KEY (tenant_id, scope, block)
);
-- A person whose block was dropped is kept with block null: they are not counted in this scope again.
CREATE TABLE akademos.group_members (
    tenant_id text NOT NULL,
    scope text NOT NULL,
    learner_key uuid NOT NULL,
    block integer,
    evidence jsonb NOT NULL,
    PRIMARY KEY (tenant_id, scope, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX group_members_by_person ON akademos.group_members (tenant_id, learner_key);
CREATE TABLE akademos.group_sums (
    tenant_id text NOT NULL,
    scope text NOT NULL,
    topic_id text NOT NULL,
    block integer NOT NULL,
    as_of timestamptz NOT NULL,
    people integer NOT NULL,
    mastery double precision NOT NULL,
    weak integer NOT NULL,
    developing integer NOT NULL,
    mastered integer NOT NULL,
    PRIMARY KEY (tenant_id, scope, topic_id, block),
    FOREIGN KEY (tenant_id, scope, block) REFERENCES akademos.group_blocks ON DELETE CASCADE
);
CREATE TABLE akademos.group_answers (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    scope text NOT NULL,
    topic_id text NOT NULL,
    persona text NOT NULL,
    as_of timestamptz NOT NULL,
    learners integer NOT NULL,
    mastery double precision,
    mastered double precision,
    weak double precision,
    PRIMARY KEY (tenant_id, scope, topic_id, persona)
);
-- What a release with noise may still spend, and what it has spent; counted in the transaction that answers.
CREATE TABLE akademos.noise_budgets (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    release_id text NOT NULL,
    epsilon double precision NOT NULL CHECK (epsilon > 0),
    spent double precision NOT NULL DEFAULT 0 CHECK (spent >= 0 AND spent <= epsilon * 1.000000001),
    opened_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, release_id)
);
CREATE TABLE akademos.noisy_counts (
    tenant_id text NOT NULL,
    release_id text NOT NULL,
    query text NOT NULL,
    epsilon double precision NOT NULL,
    answer bigint NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, release_id, query),
    FOREIGN KEY (tenant_id, release_id) REFERENCES akademos.noise_budgets
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['group_blocks', 'group_members', 'group_sums', 'group_answers', 'noise_budgets', 'noisy_counts']
    LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.group_answers TO akademos_serving;
