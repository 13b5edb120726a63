-- Contents, items and journeys: people are counted in blocks of their own, by course.
CREATE TABLE akademos.content_blocks (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    block integer NOT NULL,
    label text NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    PRIMARY KEY (tenant_id, course_id, block)
);
-- A person whose block was dropped is kept with block null: they are not counted in this course again.
CREATE TABLE akademos.content_members (
    tenant_id text NOT NULL,
    course_id text NOT NULL,
    learner_key uuid NOT NULL,
    block integer,
    evidence jsonb NOT NULL,
    PRIMARY KEY (tenant_id, course_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX content_members_by_person ON akademos.content_members (tenant_id, learner_key);
CREATE TABLE akademos.content_sums (
    tenant_id text NOT NULL,
    course_id text NOT NULL,
    item text NOT NULL,
    block integer NOT NULL,
    as_of timestamptz NOT NULL,
    people integer NOT NULL,
    bands integer[] NOT NULL,
    PRIMARY KEY (tenant_id, course_id, item, block),
    FOREIGN KEY (tenant_id, course_id, block) REFERENCES akademos.content_blocks ON DELETE CASCADE
);
-- What each learner added when last taken, packed: what is published is computed from these rows and no others.
CREATE TABLE akademos.content_taken (
    tenant_id text NOT NULL,
    course_id text NOT NULL,
    learner_key uuid NOT NULL,
    contents bytea NOT NULL,
    items bytea NOT NULL,
    PRIMARY KEY (tenant_id, course_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX content_taken_by_person ON akademos.content_taken (tenant_id, learner_key);
CREATE TABLE akademos.content_statistics (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    subject text NOT NULL CHECK (subject IN ('course', 'content', 'item')),
    subject_id text NOT NULL,
    version text NOT NULL,
    as_of timestamptz NOT NULL,
    smallest_group integer NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (tenant_id, course_id, subject, subject_id, version)
);
-- Each question about journeys with its one answer: asked again, it is answered with the same.
CREATE TABLE akademos.journey_answers (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    edition timestamptz NOT NULL,
    question text NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, course_id, edition, question)
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['content_blocks', 'content_members', 'content_sums', 'content_taken', 'content_statistics',
            'journey_answers'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.content_statistics TO akademos_serving;
