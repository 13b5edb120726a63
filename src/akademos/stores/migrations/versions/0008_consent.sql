-- Pause, restriction and objection beside grant and withdrawal; texts, ages, rights.
ALTER TABLE akademos.consent_history DROP CONSTRAINT consent_history_decision_check;
ALTER TABLE akademos.consent_history ADD CONSTRAINT consent_history_decision_check CHECK (decision IN ('granted',
    'withdrawn', 'paused', 'resumed', 'restricted', 'restriction_lifted', 'objected', 'objection_withdrawn'));
ALTER TABLE akademos.consent_history ADD COLUMN decided_at timestamptz;
ALTER TABLE akademos.consent_history ADD COLUMN evidence bytea;
ALTER TABLE akademos.consent_history ADD COLUMN guardian_evidence bytea;
ALTER TABLE akademos.consent_state ADD COLUMN paused boolean NOT NULL DEFAULT false;
ALTER TABLE akademos.consent_state ADD COLUMN restricted boolean NOT NULL DEFAULT false;
ALTER TABLE akademos.consent_state ADD COLUMN objected boolean NOT NULL DEFAULT false;
ALTER TABLE akademos.consent_state ADD COLUMN live boolean NOT NULL
    GENERATED ALWAYS AS (granted AND NOT paused AND NOT restricted AND NOT objected) STORED;
CREATE INDEX preference_log_by_person ON akademos.preference_log (tenant_id, learner_key, occurred_at);

-- What people are asked, word for word; a version never changes once it is declared.
CREATE TABLE akademos.consent_texts (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    purpose text NOT NULL,
    version text NOT NULL,
    language text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    body text NOT NULL,
    shown_from timestamptz NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, purpose, version, language)
);
CREATE TRIGGER consent_texts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.consent_texts
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.refuse_change();

-- From which age a person decides alone.
CREATE TABLE akademos.consent_terms (
    tenant_id text PRIMARY KEY REFERENCES akademos.tenants,
    age_limit integer NOT NULL CHECK (age_limit BETWEEN 0 AND 21)
);

-- Part of the vault: sealed, known only where a tenant needs it for the age limit.
CREATE TABLE akademos.birth_dates (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (tenant_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);

-- Opt-outs counted, and what they and pauses kept out; no person in it.
CREATE TABLE akademos.opt_outs (
    tenant_id text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opted_out', 'opted_in', 'suppressed_opt_out', 'suppressed_paused',
        'suppressed_restricted', 'suppressed_erased')),
    events bigint NOT NULL,
    PRIMARY KEY (tenant_id, day, kind)
);

-- Requests by which people use their rights: the register of them, and of what came of each.
CREATE TABLE akademos.rights_requests (
    tenant_id text NOT NULL,
    request_id uuid NOT NULL,
    learner_key uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('access', 'rectification', 'contest')),
    concerns text NOT NULL,
    said bytea,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    due_on date NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'fulfilled', 'refused', 'taken_back')),
    outcome bytea,
    closed_by text,
    closed_at timestamptz,
    PRIMARY KEY (tenant_id, request_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX rights_requests_by_person ON akademos.rights_requests (tenant_id, learner_key, requested_at);
CREATE INDEX rights_requests_open ON akademos.rights_requests (tenant_id, due_on) WHERE status = 'open';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['consent_texts', 'consent_terms', 'birth_dates', 'opt_outs', 'rights_requests'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['consent_texts', 'consent_terms', 'opt_outs', 'rights_requests'] LOOP
        EXECUTE format('GRANT SELECT ON akademos.%I TO akademos_serving', t);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON akademos.consent_texts FROM akademos_pipeline;
