-- The catalogue: what the checks found, the issues they opened, what was declared since when, what stewards say of
-- datasets, and who asked for access.
CREATE TABLE akademos.quality_results (
    result_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    dataset text NOT NULL,
    check_name text NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'major', 'minor')),
    statement text NOT NULL,
    status text NOT NULL CHECK (status IN ('passed', 'failed', 'not_enough')),
    offending bigint NOT NULL,
    sample text[] NOT NULL,
    said text NOT NULL,
    checked_at timestamptz NOT NULL
);
CREATE INDEX quality_results_by_check ON akademos.quality_results (tenant_id, dataset, check_name, checked_at DESC);
CREATE TABLE akademos.quality_issues (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    issue_id uuid NOT NULL,
    dataset text NOT NULL,
    check_name text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'major', 'minor')),
    owner text NOT NULL,
    opened_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    offending bigint NOT NULL,
    closed_at timestamptz,
    PRIMARY KEY (tenant_id, issue_id)
);
CREATE UNIQUE INDEX quality_issues_open ON akademos.quality_issues (tenant_id, dataset, check_name)
    WHERE closed_at IS NULL;
CREATE TABLE akademos.catalogue_versions (
    version_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    kind text NOT NULL CHECK (kind IN ('dataset', 'product', 'policy')),
    name text NOT NULL,
    fingerprint text NOT NULL,
    content jsonb NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX catalogue_versions_by_name ON akademos.catalogue_versions (tenant_id, kind, name, version_id);
CREATE TABLE akademos.dataset_certifications (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    certification_id uuid NOT NULL,
    dataset text NOT NULL,
    level text NOT NULL CHECK (level IN ('certified', 'provisional', 'deprecated')),
    statement text NOT NULL,
    fingerprint text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    valid_until timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, certification_id)
);
-- Who asked goes with the person; the decision stays in the audit log.
CREATE TABLE akademos.access_requests (
    tenant_id text NOT NULL,
    request_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('dataset', 'product')),
    name text NOT NULL,
    learner_key uuid NOT NULL,
    role text NOT NULL,
    reason text NOT NULL,
    requested_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'approved', 'denied', 'withdrawn')),
    decided_by text,
    decided_at timestamptz,
    answer text,
    valid_until timestamptz,
    PRIMARY KEY (tenant_id, request_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX access_requests_by_person ON akademos.access_requests (tenant_id, learner_key);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['quality_results', 'quality_issues', 'catalogue_versions', 'dataset_certifications',
        'access_requests'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
        EXECUTE format('GRANT SELECT ON akademos.%I TO akademos_serving', t);
    END LOOP;
END $$;
