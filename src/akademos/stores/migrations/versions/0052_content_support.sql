-- What is published of materials that help, kept so that an answer about the past rests on what was in force then.
CREATE TABLE akademos.content_support (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    published_at timestamptz NOT NULL,
    smallest_group integer NOT NULL,
    materials jsonb NOT NULL,
    PRIMARY KEY (tenant_id, course_id, published_at)
);
ALTER TABLE akademos.content_support ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.content_support FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.content_support TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.content_support TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.content_support TO akademos_pipeline;
GRANT SELECT ON akademos.content_support TO akademos_serving;
