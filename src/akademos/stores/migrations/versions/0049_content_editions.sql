-- Contents, items and journeys are published in editions; what was published in blocks stands until the next night.
DROP TABLE akademos.content_sums, akademos.content_members, akademos.content_blocks;
-- People are counted in parts of a course, in which contents, items and journeys are published in editions.
-- A person who left is kept with part null: they are not counted in this course again.
CREATE TABLE akademos.content_people (
    tenant_id text NOT NULL,
    course_id text NOT NULL,
    learner_key uuid NOT NULL,
    part text,
    versions jsonb NOT NULL,
    PRIMARY KEY (tenant_id, course_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX content_people_by_person ON akademos.content_people (tenant_id, learner_key);
CREATE TABLE akademos.content_editions (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    entry text NOT NULL,
    part text NOT NULL,
    as_of timestamptz NOT NULL,
    since timestamptz NOT NULL,
    people integer NOT NULL,
    smallest_group integer NOT NULL,
    shown boolean NOT NULL,
    PRIMARY KEY (tenant_id, course_id, entry, part)
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['content_people', 'content_editions'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
