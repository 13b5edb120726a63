-- Who has which role, who advises whom, who is signed in, and what a tenant has set.

-- The last word about one role of one person; the history is in the audit log. A revoked role stands for nothing, also
-- where the tenant's identity provider claims it.
CREATE TABLE akademos.role_grants (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    role text NOT NULL,
    granted boolean NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    valid_until timestamptz,
    PRIMARY KEY (tenant_id, learner_key, role),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.advisee_assignments (
    tenant_id text NOT NULL,
    advisor_key uuid NOT NULL,
    learner_key uuid NOT NULL,
    starts_on date,
    ends_on date,
    PRIMARY KEY (tenant_id, advisor_key, learner_key),
    FOREIGN KEY (tenant_id, advisor_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX advisee_assignments_by_learner ON akademos.advisee_assignments (tenant_id, learner_key);
-- Sessions of browsers, by the hash of their number; an ended one is kept until it would have expired, so that it cannot
-- be started again.
CREATE TABLE akademos.sessions (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    session_hash bytea NOT NULL,
    learner_key uuid,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, session_hash),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX sessions_by_person ON akademos.sessions (tenant_id, learner_key) WHERE learner_key IS NOT NULL;
CREATE INDEX sessions_by_expiry ON akademos.sessions (expires_at);
CREATE TABLE akademos.tenant_settings (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    name text NOT NULL,
    value text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['role_grants', 'advisee_assignments', 'sessions', 'tenant_settings'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
        EXECUTE format('GRANT SELECT ON akademos.%I TO akademos_serving', t);
    END LOOP;
END $$;
