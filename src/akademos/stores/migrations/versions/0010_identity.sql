-- Keys of browsers name their origins; a key that was rotated away works for a while longer.
ALTER TABLE akademos.api_keys ADD COLUMN origins text[] NOT NULL DEFAULT '{}';
ALTER TABLE akademos.api_keys ADD COLUMN expires_at timestamptz;
ALTER TABLE akademos.api_keys ADD COLUMN last_used_at timestamptz;

-- Every statement that two keys are one person, and its undoing. Keys vanish from it with their person.
CREATE TABLE akademos.identity_merges (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    merge_id uuid NOT NULL,
    first_key uuid NOT NULL,
    second_key uuid NOT NULL,
    evidence text NOT NULL CHECK (evidence IN ('login', 'hash', 'operator')),
    reason text,
    merged_by text NOT NULL,
    version bigint NOT NULL,
    merged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_by text,
    undone_reason text,
    undone_at timestamptz,
    PRIMARY KEY (tenant_id, merge_id),
    FOREIGN KEY (tenant_id, first_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, second_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK (first_key <> second_key)
);
CREATE INDEX identity_merges_by_first ON akademos.identity_merges (tenant_id, first_key);
CREATE INDEX identity_merges_by_second ON akademos.identity_merges (tenant_id, second_key);

-- What follows from the merges that stand: absorbed key -> key of the person. Who is not here is a person alone.
CREATE TABLE akademos.identity_links (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    person_key uuid NOT NULL,
    version bigint NOT NULL,
    linked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, person_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK (learner_key <> person_key)
);
CREATE INDEX identity_links_by_person ON akademos.identity_links (tenant_id, person_key);

-- Clients' hashes of e-mail and telephone, hashed again under a secret of the tenant.
CREATE TABLE akademos.identity_hashes (
    tenant_id text NOT NULL,
    keyed_hash bytea NOT NULL,
    learner_key uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    salt_version integer NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, keyed_hash, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX identity_hashes_by_person ON akademos.identity_hashes (tenant_id, learner_key);

CREATE TABLE akademos.tenant_salts (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    version integer NOT NULL,
    salt text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, version)
);

-- What a host signs the tokens of its users with: a shared secret (sealed) or its public key.
CREATE TABLE akademos.host_keys (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    key_id text NOT NULL,
    algorithm text NOT NULL,
    material bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, key_id)
);

-- What is live under a key: granted under it, and withdrawn, paused, restricted or objected to under no key of the person.
CREATE VIEW akademos.standing_consent WITH (security_invoker = true) AS
SELECT c.tenant_id, c.learner_key, c.purpose
FROM akademos.consent_state c LEFT JOIN akademos.identity_links absorbed USING (tenant_id, learner_key)
WHERE c.live AND NOT EXISTS (
    SELECT FROM akademos.consent_state o WHERE o.tenant_id = c.tenant_id AND o.learner_key = absorbed.person_key
        AND o.purpose = c.purpose AND NOT o.live AND (o.basis <> 'none' OR o.paused OR o.restricted OR o.objected)
) AND NOT EXISTS (
    SELECT FROM akademos.identity_links l JOIN akademos.consent_state o USING (tenant_id, learner_key)
    WHERE l.tenant_id = c.tenant_id AND l.person_key = coalesce(absorbed.person_key, c.learner_key)
        AND o.purpose = c.purpose AND NOT o.live AND (o.basis <> 'none' OR o.paused OR o.restricted OR o.objected)
);
GRANT SELECT ON akademos.standing_consent TO akademos_pipeline;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['identity_merges', 'identity_links', 'identity_hashes', 'tenant_salts', 'host_keys'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
-- The gate asks who is whom; everything else of identity is the pipeline's.
GRANT SELECT ON akademos.identity_links TO akademos_serving;
