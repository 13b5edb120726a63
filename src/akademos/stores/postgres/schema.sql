-- The whole PostgreSQL schema as it stands: the sum of the migrations (a test compares the two).
-- Roles: akademos_serving reads records and answers behind row-level security; akademos_pipeline moves raw
-- input. Landing, the id index and receipts are granted to the pipeline only: COPY refuses tables under
-- row-level security, so there the grant is the wall.

CREATE SCHEMA akademos;
GRANT USAGE ON SCHEMA akademos TO akademos_serving, akademos_pipeline;

-- Tenants and keys ----------------------------------------------------------------------------------------

CREATE TABLE akademos.tenants (
    tenant_id text PRIMARY KEY CHECK (tenant_id ~ '^[a-z][a-z0-9_-]{0,62}$'),
    name text NOT NULL,
    time_zone text NOT NULL DEFAULT 'UTC',
    consent_version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    group_floor integer NOT NULL DEFAULT 10 CHECK (group_floor >= 5)
);

CREATE TABLE akademos.api_keys (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    key_id text PRIMARY KEY,
    name text NOT NULL,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    rate_per_s integer NOT NULL CHECK (rate_per_s > 0),
    burst integer NOT NULL CHECK (burst > 0),
    strict boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    origins text[] NOT NULL DEFAULT '{}',
    expires_at timestamptz,
    last_used_at timestamptz
);

-- Identity vault: the only place that knows people by name. Values are sealed by the application. ------------

CREATE TABLE akademos.people (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    learner_key uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('learner', 'staff')),
    persona text NOT NULL DEFAULT 'unknown',
    time_zone text,
    data_key bytea NOT NULL,
    display_name bytea,
    opted_out boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, learner_key)
);

CREATE TABLE akademos.identifiers (
    tenant_id text NOT NULL,
    identifier_hash bytea NOT NULL,
    kind text NOT NULL CHECK (kind IN ('user', 'anonymous')),
    learner_key uuid NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, identifier_hash),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX identifiers_by_person ON akademos.identifiers (tenant_id, learner_key);

-- Consent: the history is append-only, the state is its last word. -------------------------------------------

CREATE TABLE akademos.bases (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    basis_id text NOT NULL,
    purposes text[] NOT NULL,
    text_version text NOT NULL,
    evidence text NOT NULL,
    person_responsible text NOT NULL,
    historical boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, basis_id)
);

CREATE TABLE akademos.consent_history (
    tenant_id text NOT NULL,
    version bigint NOT NULL,
    learner_key uuid NOT NULL,
    purpose text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('granted', 'withdrawn', 'paused', 'resumed', 'restricted',
        'restriction_lifted', 'objected', 'objection_withdrawn')),
    basis text NOT NULL,
    text_version text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    evidence bytea,
    guardian_evidence bytea,
    PRIMARY KEY (tenant_id, version, learner_key, purpose)
);
CREATE INDEX consent_history_by_person ON akademos.consent_history (tenant_id, learner_key);

CREATE TABLE akademos.consent_state (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    purpose text NOT NULL,
    granted boolean NOT NULL,
    version bigint NOT NULL,
    basis text NOT NULL,
    text_version text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    paused boolean NOT NULL DEFAULT false,
    restricted boolean NOT NULL DEFAULT false,
    objected boolean NOT NULL DEFAULT false,
    live boolean NOT NULL GENERATED ALWAYS AS (granted AND NOT paused AND NOT restricted AND NOT objected) STORED,
    PRIMARY KEY (tenant_id, learner_key, purpose)
);
CREATE INDEX consent_state_by_version ON akademos.consent_state (tenant_id, version);

-- What a withdrawal still has to delete from the core; a job works it off.
CREATE TABLE akademos.withdrawals (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    version bigint NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    rows_deleted bigint,
    PRIMARY KEY (tenant_id, learner_key, version)
);
CREATE INDEX withdrawals_open ON akademos.withdrawals (requested_at) WHERE done_at IS NULL;

-- Append-only tables change in two ways only, both by functions of their owner that say so: a person's key gives way to
-- a name that nobody can resolve, and rows go whose retention has ended.
CREATE FUNCTION akademos.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP <> 'TRUNCATE' AND current_setting('akademos.upkeep', true) = TG_TABLE_NAME THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER consent_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.consent_history
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.refuse_change();

-- Landing -------------------------------------------------------------------------------------------------------

-- Accepted rows on their way to the core. The mover takes whole transactions below the snapshot's xmin.
CREATE TABLE akademos.landing (
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id text NOT NULL,
    event_id uuid NOT NULL,
    event text NOT NULL,
    actor_key uuid,
    subject_key uuid,
    source text NOT NULL,
    received_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    raw bytea NOT NULL
);
CREATE INDEX landing_in_order ON akademos.landing (transaction_id, seq);
-- Emptied all the time: the scan from its low end must not wade through what is gone.
ALTER TABLE akademos.landing SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);

-- While a batch is moved: rows up to this transaction may be in the core already. Left behind by a mover that was
-- killed; whoever else deletes accepted rows leaves those to the next one, which finds out.
CREATE TABLE akademos.landing_in_hand (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    moving_to xid8 NOT NULL
);

-- Rows without consent yet, by keyed hash of the learner's identifier; gone after 24 hours.
CREATE TABLE akademos.held (
    tenant_id text NOT NULL,
    event_id uuid NOT NULL,
    event text NOT NULL,
    actor_hash bytea,
    subject_hash bytea,
    source text NOT NULL,
    received_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    raw bytea NOT NULL
);
CREATE INDEX held_by_actor ON akademos.held (tenant_id, actor_hash);
CREATE INDEX held_by_subject ON akademos.held (tenant_id, subject_hash) WHERE subject_hash IS NOT NULL;
CREATE INDEX held_by_age ON akademos.held (received_at);

-- Index of ids and content hashes, kept 35 days; at the same time the envelope of what was taken.
CREATE TABLE akademos.event_index (
    tenant_id text NOT NULL,
    event_id uuid NOT NULL,
    content_hash bytea NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    event text NOT NULL,
    size integer NOT NULL,
    verdict text NOT NULL,
    PRIMARY KEY (event_id, tenant_id)
) PARTITION BY HASH (tenant_id, event_id);
CREATE TABLE akademos.event_index_0 PARTITION OF akademos.event_index FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE akademos.event_index_1 PARTITION OF akademos.event_index FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE akademos.event_index_2 PARTITION OF akademos.event_index FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE akademos.event_index_3 PARTITION OF akademos.event_index FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX event_index_by_age ON akademos.event_index USING brin (received_at);

-- Envelopes of what was not taken (duplicate, conflict, suppressed, rejected, unparsable): no payload, no person.
CREATE TABLE akademos.envelopes (
    tenant_id text NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    verdict text NOT NULL,
    code text,
    event text,
    payload_hash bytea NOT NULL,
    size integer NOT NULL,
    position integer
);
CREATE INDEX envelopes_by_time ON akademos.envelopes (tenant_id, received_at);

-- One row per receipt (a request or an import's batch), in the transaction of its rows: received = the sum.
CREATE TABLE akademos.receipts (
    receipt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    source text NOT NULL,
    door text NOT NULL,
    received_at timestamptz NOT NULL,
    received integer NOT NULL,
    accepted integer NOT NULL,
    held integer NOT NULL,
    duplicate integer NOT NULL,
    conflict integer NOT NULL,
    suppressed integer NOT NULL,
    rejected integer NOT NULL,
    counted_at timestamptz,
    CHECK (received = accepted + held + duplicate + conflict + suppressed + rejected)
);
CREATE INDEX receipts_by_tenant ON akademos.receipts (tenant_id, received_at);
CREATE INDEX receipts_counted ON akademos.receipts (counted_at) WHERE counted_at IS NOT NULL;

-- Where accepted and held rows went afterwards; written in the transaction that moves them.
CREATE TABLE akademos.movements (
    movement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('moved', 'imported', 'released', 'late_duplicate', 'withdrawn', 'withdrawn_held',
        'expired_held', 'expired_retention', 'expired_log', 'erased', 'erased_held')),
    events bigint NOT NULL CHECK (events >= 0),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    reference text
);
CREATE INDEX movements_by_tenant ON akademos.movements (tenant_id, kind);

-- Rejected input with personal data removed, for 24 hours.
CREATE TABLE akademos.dead_letters (
    dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    event text,
    code text NOT NULL,
    pointer text,
    hint text,
    payload jsonb
);
CREATE INDEX dead_letters_by_age ON akademos.dead_letters (received_at);

-- Essential events, on a named legal basis.
CREATE TABLE akademos.preference_log (
    tenant_id text NOT NULL,
    event_id uuid NOT NULL,
    event text NOT NULL,
    learner_key uuid,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    properties jsonb NOT NULL,
    PRIMARY KEY (tenant_id, event_id)
);
CREATE TABLE akademos.security_log (LIKE akademos.preference_log INCLUDING ALL);

-- Imports: one row a file, so that a broken import goes on where it stopped and a repeated one adds nothing.
CREATE TABLE akademos.imports (
    tenant_id text NOT NULL,
    import_id text NOT NULL,
    file text NOT NULL,
    basis_id text NOT NULL,
    layout text NOT NULL,
    fingerprint text NOT NULL,
    batches_done integer NOT NULL DEFAULT 0,
    counts jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, import_id, file)
);

-- Records: the minimum of spec'd shape that the spine needs ---------------------------------------------------------

CREATE TABLE akademos.learning_courses (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    course_id text NOT NULL,
    title text NOT NULL,
    status text NOT NULL DEFAULT 'published' CHECK (status IN ('draft', 'in_review', 'published', 'archived')),
    starts_on date,
    ends_on date,
    PRIMARY KEY (tenant_id, course_id),
    description text,
    objectives jsonb,
    audience text,
    organisation_id text,
    metadata jsonb,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 1,
    published_at timestamptz,
    certificate_valid_months integer CHECK (certificate_valid_months BETWEEN 1 AND 1200)
);
CREATE TABLE akademos.topics (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    topic_id text NOT NULL,
    parent_id text,
    course_id text,
    name text NOT NULL,
    position integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, topic_id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES akademos.topics DEFERRABLE INITIALLY DEFERRED,
    description text,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE akademos.topic_relationships (
    tenant_id text NOT NULL,
    from_topic text NOT NULL,
    to_topic text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('prerequisite', 'related')),
    PRIMARY KEY (tenant_id, from_topic, to_topic, kind),
    FOREIGN KEY (tenant_id, from_topic) REFERENCES akademos.topics ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, to_topic) REFERENCES akademos.topics ON DELETE CASCADE,
    CHECK (from_topic <> to_topic),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE akademos.items (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    question_id text NOT NULL,
    course_id text,
    topic_ids text[] NOT NULL,
    PRIMARY KEY (tenant_id, question_id),
    kind text,
    stem text,
    options jsonb,
    secure boolean,
    status text NOT NULL DEFAULT 'published' CHECK (status IN ('draft', 'in_review', 'published', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 1,
    published_at timestamptz,
    answer_key jsonb
);
CREATE TABLE akademos.materials (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    material_id text NOT NULL,
    course_id text,
    kind text NOT NULL,
    title text NOT NULL,
    topic_ids text[] NOT NULL,
    PRIMARY KEY (tenant_id, material_id),
    reference text,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE akademos.enrolments (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    registered_on date,
    withdrawn_on date,
    PRIMARY KEY (tenant_id, learner_key, course_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses,
    offering_id text,
    section_id text,
    programme_id text,
    resit integer CHECK (resit BETWEEN 0 AND 100),
    completed_on date,
    grade text,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE akademos.staff_assignments (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    role text NOT NULL CHECK (role IN ('instructor', 'advisor')),
    PRIMARY KEY (tenant_id, learner_key, course_id, role),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN akademos.staff_assignments.learner_key IS 'key of the member of staff in people';
CREATE TABLE akademos.exams (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    exam_id text NOT NULL,
    course_id text,
    name text NOT NULL,
    pass_mark double precision CHECK (pass_mark BETWEEN 0 AND 1),
    PRIMARY KEY (tenant_id, exam_id),
    held_on date,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE akademos.exam_weights (
    tenant_id text NOT NULL,
    exam_id text NOT NULL,
    topic_id text NOT NULL,
    section text NOT NULL DEFAULT '',
    weight double precision NOT NULL CHECK (weight BETWEEN 0 AND 10),
    PRIMARY KEY (tenant_id, exam_id, section, topic_id),
    FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams,
    FOREIGN KEY (tenant_id, topic_id) REFERENCES akademos.topics ON DELETE CASCADE,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE akademos.learner_targets (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    exam_id text NOT NULL,
    target_date date,
    PRIMARY KEY (tenant_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
-- Groups that may only be used under separate consent or a named basis: readable by the pipeline only.
CREATE TABLE akademos.demographics (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    basis text NOT NULL,
    attributes jsonb NOT NULL,
    final_result text,
    PRIMARY KEY (tenant_id, learner_key, course_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
-- Changes with every record change of a tenant, so that caches of the curriculum know.
CREATE TABLE akademos.record_versions (
    tenant_id text PRIMARY KEY REFERENCES akademos.tenants,
    version bigint NOT NULL DEFAULT 0
);

-- Serving -----------------------------------------------------------------------------------------------------------

-- One row a learner: the precomputed part of the learner analytics, packed (analytics.learner_state).
CREATE TABLE akademos.learner_state (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    version bigint NOT NULL,
    computed_at timestamptz NOT NULL,
    computed_as_of timestamptz NOT NULL,
    definition text NOT NULL,
    events bigint NOT NULL,
    last_event_at timestamptz,
    packed bytea NOT NULL,
    PRIMARY KEY (tenant_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
ALTER TABLE akademos.learner_state ALTER COLUMN packed SET STORAGE EXTERNAL;
-- Learners whose state is behind the core: marked with the move that put it behind, settled by the refresh.
CREATE TABLE akademos.stale_learner_states (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    marked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, learner_key)
);
CREATE INDEX stale_learner_states_due ON akademos.stale_learner_states (due_at);
-- One row a learner and topic, as of the last nightly run.
CREATE TABLE akademos.topic_mastery (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    topic_id text NOT NULL,
    as_of timestamptz NOT NULL,
    status text NOT NULL,
    mastery double precision,
    low double precision,
    high double precision,
    answers integer NOT NULL,
    PRIMARY KEY (tenant_id, learner_key, topic_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.item_difficulty (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    version bigint NOT NULL,
    computed_at timestamptz NOT NULL,
    items integer NOT NULL,
    packed bytea NOT NULL,
    cohort_times bytea NOT NULL,
    PRIMARY KEY (tenant_id, version)
);
CREATE TABLE akademos.job_runs (
    job_run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text,
    job text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'succeeded', 'failed')),
    rows_in bigint,
    rows_out bigint,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX job_runs_by_job ON akademos.job_runs (job, started_at);
-- Reads of an individual's data, and what the gate decided; people stand here by their audit names only. Not one of the
-- cascades: the rows stay, in sealed batches, when a person is erased and nobody can tell any more whom they name.
CREATE TABLE akademos.access_log (
    access_id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    role text NOT NULL,
    subject bytea,
    what text NOT NULL,
    purpose text NOT NULL,
    reason text,
    decision text NOT NULL,
    consent_version bigint,
    PRIMARY KEY (tenant_id, access_id)
);
CREATE INDEX access_log_by_subject ON akademos.access_log (tenant_id, subject, access_id) WHERE subject IS NOT NULL;
CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.access_log
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.refuse_change();

-- Walls ----------------------------------------------------------------------------------------------------------------

DO $$
DECLARE
    walled text[] := ARRAY['tenants', 'api_keys', 'people', 'identifiers', 'bases', 'consent_history', 'consent_state',
        'withdrawals', 'preference_log', 'security_log', 'imports', 'learning_courses', 'topics', 'topic_relationships',
        'items', 'materials', 'enrolments', 'staff_assignments', 'exams', 'exam_weights', 'learner_targets', 'demographics',
        'record_versions', 'learner_state', 'stale_learner_states', 'topic_mastery', 'item_difficulty', 'access_log',
        'dead_letters', 'envelopes', 'receipts', 'movements', 'job_runs'];
    served text[] := ARRAY['tenants', 'api_keys', 'people', 'identifiers', 'bases', 'consent_history', 'consent_state',
        'learning_courses', 'topics', 'topic_relationships', 'items', 'materials', 'enrolments', 'staff_assignments', 'exams',
        'exam_weights', 'learner_targets', 'record_versions', 'learner_state', 'topic_mastery', 'item_difficulty', 'job_runs',
        'access_log', 'receipts', 'movements'];
    t text;
BEGIN
    FOREACH t IN ARRAY walled LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
    FOREACH t IN ARRAY served LOOP
        EXECUTE format('GRANT SELECT ON akademos.%I TO akademos_serving', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['landing', 'landing_in_hand', 'held', 'event_index'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT INSERT ON akademos.access_log TO akademos_serving;
REVOKE UPDATE, DELETE ON akademos.consent_history, akademos.access_log FROM akademos_pipeline;

-- Trust ---------------------------------------------------------------------------------------------------------------

-- The audit log: a chain a tenant, each row holding the hash of the one before. The trigger alone numbers and chains, so
-- that no role of the application can write a row of its own making; the lock orders a tenant's rows until they commit.
CREATE TABLE akademos.audit_log (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject bytea,
    detail text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_log_by_subject ON akademos.audit_log (tenant_id, subject) WHERE subject IS NOT NULL;
CREATE FUNCTION akademos.chain_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(24940, hashtext(NEW.tenant_id));
    SELECT seq, hash INTO last FROM akademos.audit_log WHERE tenant_id = NEW.tenant_id ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(last.seq, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(last.hash, ''::bytea);
    NEW.hash := sha256(NEW.previous || convert_to(json_build_array(NEW.tenant_id, NEW.seq,
        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), NEW.actor, NEW.action,
        encode(NEW.subject, 'hex'), NEW.detail)::text, 'UTF8'));
    RETURN NEW;
END $$;
CREATE TRIGGER audit_log_chained BEFORE INSERT ON akademos.audit_log
    FOR EACH ROW EXECUTE FUNCTION akademos.chain_audit();
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.refuse_change();
ALTER TABLE akademos.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.audit_log TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.audit_log TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON akademos.audit_log TO akademos_serving, akademos_pipeline;

-- The access log in sealed batches (privacy.access_chain): row_digests holds number and digest of each row.
CREATE TABLE akademos.access_seals (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    number bigint NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    rows bigint NOT NULL,
    sealed_at timestamptz NOT NULL,
    row_digests bytea NOT NULL,
    digest bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
CREATE TRIGGER access_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.access_seals
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.refuse_change();
ALTER TABLE akademos.access_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.access_seals FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.access_seals TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.access_seals TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON akademos.access_seals TO akademos_pipeline;
-- How far the numbers have come: the batches end there, once the writers of that moment are done.
GRANT SELECT ON SEQUENCE akademos.access_log_access_id_seq TO akademos_pipeline;

-- Disclosure control ---------------------------------------------------------------------------------------------------

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

-- Erasure -------------------------------------------------------------------------------------------------------------

-- Requests and their receipts, the suppression list, legal holds, and who trained which model.
CREATE TABLE akademos.erasures (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    erasure_id uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    reason text NOT NULL,
    subject bytea NOT NULL,
    step text NOT NULL DEFAULT 'requested' CHECK (step IN ('requested', 'vault', 'landing', 'core', 'tables', 'write_ahead',
        'logs', 'verified', 'completed')),
    progress jsonb NOT NULL DEFAULT '{}',
    sealed bytea,
    completed_at timestamptz,
    receipt jsonb,
    PRIMARY KEY (tenant_id, erasure_id),
    CHECK ((step = 'completed') = (completed_at IS NOT NULL AND receipt IS NOT NULL AND sealed IS NULL))
);
CREATE INDEX erasures_open ON akademos.erasures (requested_at) WHERE completed_at IS NULL;

-- Who was erased, by a keyed hash that no other table holds.
CREATE TABLE akademos.suppressions (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    suppression_hash bytea NOT NULL,
    erasure_id uuid,
    suppressed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, suppression_hash)
);

CREATE TABLE akademos.legal_holds (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    hold_id uuid NOT NULL,
    learner_key uuid,
    datasets text[] NOT NULL CHECK (cardinality(datasets) > 0),
    reason text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    lifted_by text,
    lifted_at timestamptz,
    PRIMARY KEY (tenant_id, hold_id)
);
-- What a hold kept when its person was erased; sealed under a key of the tenant that is used for nothing else.
CREATE TABLE akademos.held_records (
    tenant_id text NOT NULL,
    hold_id uuid NOT NULL,
    dataset text NOT NULL,
    erasure_id uuid NOT NULL,
    rows integer NOT NULL,
    sealed bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, hold_id, dataset, erasure_id),
    FOREIGN KEY (tenant_id, hold_id) REFERENCES akademos.legal_holds
);

-- Whose rows trained which version of a model: keyed digests of eight bytes, sorted, one after the other.
CREATE TABLE akademos.models (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    model text NOT NULL,
    version bigint NOT NULL,
    trained_at timestamptz NOT NULL,
    learners integer NOT NULL,
    trained_on bytea NOT NULL,
    rebuild_by timestamptz,
    replaced_at timestamptz,
    promoted_at timestamptz,
    seed bigint,
    data_hash bytea,
    learners_hash bytea,
    features text[] NOT NULL DEFAULT '{}',
    parameters jsonb NOT NULL DEFAULT '{}',
    metrics jsonb NOT NULL DEFAULT '{}',
    card jsonb NOT NULL DEFAULT '{}',
    artefact bytea,
    artefact_hash bytea,
    reference jsonb,
    PRIMARY KEY (tenant_id, model, version)
);

CREATE FUNCTION akademos.rename_person(tenant text, relation name, person_column name, keys uuid[], names uuid[])
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, akademos, pg_temp AS
$$ DECLARE
    changed bigint;
BEGIN
    PERFORM set_config('akademos.upkeep', relation::text, true);
    EXECUTE format('UPDATE akademos.%I AS kept SET %I = known.name FROM unnest($2, $3) AS known (key, name) '
        'WHERE kept.tenant_id = $1 AND kept.%I = known.key', relation, person_column, person_column)
        USING tenant, keys, names;
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('akademos.upkeep', '', true);
    RETURN changed;
END $$;
CREATE FUNCTION akademos.expire_rows(tenant text, relation name, time_column name, kept_for interval, kept_keys uuid[])
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, akademos, pg_temp AS
$$ DECLARE
    gone bigint;
    keyed boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = format('akademos.%I', relation)::regclass
        AND attname = 'learner_key' AND NOT attisdropped);
BEGIN
    IF kept_for < interval '300 days' THEN
        RAISE EXCEPTION 'append-only tables are kept for more than 300 days' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF relation IN ('audit_log', 'access_log', 'access_seals') THEN
        RAISE EXCEPTION 'chained logs go by expire_logs, which leaves a checkpoint' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('akademos.upkeep', relation::text, true);
    EXECUTE format('DELETE FROM akademos.%I WHERE tenant_id = $1 AND %I < $2', relation, time_column)
        || CASE WHEN keyed THEN ' AND (learner_key IS NULL OR learner_key <> ALL ($3))' ELSE '' END
        USING tenant, now() - kept_for, kept_keys;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('akademos.upkeep', '', true);
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION akademos.rename_person(text, name, name, uuid[], uuid[]),
    akademos.expire_rows(text, name, name, interval, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION akademos.rename_person(text, name, name, uuid[], uuid[]),
    akademos.expire_rows(text, name, name, interval, uuid[]) TO akademos_pipeline;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['group_blocks', 'group_members', 'group_sums', 'group_answers', 'noise_budgets', 'noisy_counts',
        'erasures', 'suppressions', 'legal_holds', 'held_records', 'models']
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

-- Consent texts, terms and rights -------------------------------------------------------------------------------------

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

-- Roles, sessions, settings of tenants ---------------------------------------------------------------------------------

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
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
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

-- Identity ------------------------------------------------------------------------------------------------------------

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

-- Research releases ---------------------------------------------------------------------------------------------------

-- What was made; the files lie in the data folder.
CREATE TABLE akademos.releases (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    release_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('anonymous', 'pseudonymous')),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    parameters jsonb NOT NULL,
    row_count integer NOT NULL,
    checksum text NOT NULL,
    report jsonb NOT NULL,
    changed_at timestamptz,
    withdrawn_by text,
    withdrawn_at timestamptz,
    PRIMARY KEY (tenant_id, release_id),
    UNIQUE (tenant_id, name)
);
-- Whose row of a pseudonymous release is whose: the row's key, sealed under the person's data key.
CREATE TABLE akademos.release_members (
    tenant_id text NOT NULL,
    release_id uuid NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (tenant_id, release_id, learner_key, course_id),
    FOREIGN KEY (tenant_id, release_id) REFERENCES akademos.releases ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX release_members_by_person ON akademos.release_members (tenant_id, learner_key);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['releases', 'release_members'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.releases TO akademos_serving;

-- Forgetting ----------------------------------------------------------------------------------------------------------

-- FSRS-6 weights (21 little-endian doubles) of all learners of a tenant together, one row a fit; the newest by an instant
-- were in force then.
CREATE TABLE akademos.cohort_memory_weights (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    version bigint NOT NULL,
    fitted_at timestamptz NOT NULL,
    learners integer NOT NULL,
    reviews bigint NOT NULL,
    weights bytea NOT NULL CHECK (octet_length(weights) = 168),
    PRIMARY KEY (tenant_id, version)
);
CREATE INDEX cohort_memory_weights_by_time ON akademos.cohort_memory_weights (tenant_id, fitted_at);
-- The same of one learner's own reviews.
CREATE TABLE akademos.memory_weights (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    fitted_at timestamptz NOT NULL,
    reviews bigint NOT NULL,
    weights bytea NOT NULL CHECK (octet_length(weights) = 168),
    PRIMARY KEY (tenant_id, learner_key, fitted_at),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['cohort_memory_weights', 'memory_weights'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;

-- Comparison with peers -----------------------------------------------------------------------------------------------

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
-- Registry of models --------------------------------------------------------------------------------------------------

CREATE UNIQUE INDEX models_in_service ON akademos.models (tenant_id, model)
    WHERE promoted_at IS NOT NULL AND replaced_at IS NULL;
-- Not whose rows trained it.
GRANT SELECT (tenant_id, model, version, trained_at, learners, rebuild_by, replaced_at, promoted_at, seed, data_hash,
    learners_hash, features, parameters, metrics, card, artefact, artefact_hash) ON akademos.models TO akademos_serving;

-- Learning records: made from catalogue.records (`akademos records schema`) --------------------------------------------

-- Every change of a record, written by the triggers of its table. transaction_id tells where to stop reading: below the
-- oldest open transaction everything is there.
CREATE TABLE akademos.record_changes (
    tenant_id text NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    record text NOT NULL,
    key jsonb NOT NULL,
    learner_key uuid,
    action text NOT NULL,
    version bigint NOT NULL,
    before jsonb,
    after jsonb NOT NULL,
    PRIMARY KEY (tenant_id, position)
);
CREATE INDEX record_changes_by_person ON akademos.record_changes (tenant_id, learner_key) WHERE learner_key IS NOT NULL;
CREATE INDEX record_changes_by_time ON akademos.record_changes (tenant_id, at);
CREATE INDEX record_changes_by_row ON akademos.record_changes (tenant_id, record, key);
CREATE INDEX record_changes_in_order ON akademos.record_changes (transaction_id, position);
CREATE TRIGGER record_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.record_changes
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.refuse_change();
-- What was published under which number. Names nobody.
CREATE TABLE akademos.content_versions (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    record text NOT NULL,
    key text NOT NULL,
    revision integer NOT NULL,
    published_at timestamptz NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (tenant_id, record, key, revision)
);
CREATE TRIGGER content_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.content_versions
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.refuse_change();
-- Requests to create that carried an Idempotency-Key, as keyed hashes.
CREATE TABLE akademos.record_requests (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    request_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, request_hash)
);
CREATE INDEX record_requests_by_time ON akademos.record_requests (tenant_id, received_at);

-- Arguments: column of the state, states in which a row may come in, legal steps (from>to), and of versioned content the
-- columns that never change under a published number.
CREATE FUNCTION akademos.keep_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    state text := TG_ARGV[0];
    into_state text := CASE WHEN state <> '' THEN to_jsonb(NEW) ->> state END;
    from_state text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF state <> '' AND into_state <> ALL (string_to_array(TG_ARGV[1], ',')) THEN
            RAISE EXCEPTION 'no row of % begins as %', TG_TABLE_NAME, into_state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'life_cycle', TABLE = TG_TABLE_NAME;
        END IF;
        NEW.version := 1;
        NEW.created_at := now();
        NEW.updated_at := now();
        IF TG_ARGV[3] <> '' THEN
            NEW.revision := 1;
            NEW.published_at := CASE WHEN into_state = 'published' THEN now() END;
        END IF;
        RETURN NEW;
    END IF;
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NEW;
    END IF;
    IF state <> '' THEN
        from_state := to_jsonb(OLD) ->> state;
        IF into_state <> from_state AND from_state || '>' || into_state <> ALL (string_to_array(TG_ARGV[2], ',')) THEN
            RAISE EXCEPTION 'a row of % does not go from % to %', TG_TABLE_NAME, from_state, into_state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'life_cycle', TABLE = TG_TABLE_NAME;
        END IF;
    END IF;
    NEW.version := OLD.version + 1;
    NEW.created_at := OLD.created_at;
    NEW.updated_at := now();
    IF TG_ARGV[3] <> '' THEN
        NEW.revision := OLD.revision;
        IF into_state = 'draft' THEN
            NEW.revision := OLD.revision + CASE WHEN OLD.published_at IS NULL THEN 0 ELSE 1 END;
            NEW.published_at := NULL;
        ELSIF into_state = 'published' AND from_state <> 'published' THEN
            NEW.published_at := now();
        ELSIF OLD.published_at IS NULL OR OLD.published_at = now() THEN
            NEW.published_at := OLD.published_at;
        ELSIF NEW.published_at IS DISTINCT FROM OLD.published_at OR EXISTS (
            SELECT FROM unnest(string_to_array(TG_ARGV[3], ',')) AS kept
            WHERE to_jsonb(NEW) -> kept IS DISTINCT FROM to_jsonb(OLD) -> kept
        ) THEN
            NEW.revision := OLD.revision + 1;
            NEW.published_at := CASE WHEN into_state = 'published' THEN now() END;
        END IF;
    END IF;
    RETURN NEW;
END $$;

-- Arguments: columns of the key, columns that stay out of the log, column of the person whom the row is about.
CREATE FUNCTION akademos.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hidden text[] := string_to_array(TG_ARGV[1], ',') || 'tenant_id'::text;
    now_row jsonb := to_jsonb(NEW);
    was jsonb;
    action text := nullif(current_setting('akademos.record_action', true), '');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NULL;
        END IF;
        was := to_jsonb(OLD) - hidden;
    END IF;
    INSERT INTO akademos.record_changes (tenant_id, record, key, learner_key, action, version, before, after)
    SELECT NEW.tenant_id, TG_TABLE_NAME, jsonb_object_agg(part, now_row -> part),
        CASE WHEN TG_ARGV[2] <> '' THEN (now_row ->> TG_ARGV[2])::uuid END,
        coalesce(action, CASE TG_OP WHEN 'INSERT' THEN 'create' ELSE 'update' END), NEW.version, was, now_row - hidden
    FROM unnest(string_to_array(TG_ARGV[0], ',')) AS part;
    RETURN NULL;
END $$;

-- At the end of the transaction, when all parts are there. Arguments: column of the key, tables of the parts, columns that
-- name people.
CREATE FUNCTION akademos.keep_content() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole jsonb;
    listed jsonb;
    part text;
BEGIN
    EXECUTE format('SELECT to_jsonb(w) FROM akademos.%I AS w WHERE tenant_id = $1 AND %I = $2', TG_TABLE_NAME, TG_ARGV[0])
        INTO whole USING NEW.tenant_id, to_jsonb(NEW) ->> TG_ARGV[0];
    IF whole IS NULL OR whole ->> 'published_at' IS NULL OR EXISTS (
        SELECT FROM akademos.content_versions WHERE tenant_id = NEW.tenant_id AND record = TG_TABLE_NAME
            AND key = whole ->> TG_ARGV[0] AND revision = (whole ->> 'revision')::integer
    ) THEN
        RETURN NULL;
    END IF;
    whole := whole - (string_to_array(TG_ARGV[2], ',') || ARRAY['tenant_id']);
    FOREACH part IN ARRAY string_to_array(TG_ARGV[1], ',') LOOP
        EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(p) - ''tenant_id''), ''[]'') FROM akademos.%I AS p '
            'WHERE tenant_id = $1 AND %I = $2 AND coalesce(to_jsonb(p) ->> ''status'', ''active'') IN (''active'', ''published'')',
            part, TG_ARGV[0]) INTO listed USING NEW.tenant_id, whole ->> TG_ARGV[0];
        whole := whole || jsonb_build_object(part, listed);
    END LOOP;
    INSERT INTO akademos.content_versions (tenant_id, record, key, revision, published_at, content)
    VALUES (NEW.tenant_id, TG_TABLE_NAME, whole ->> TG_ARGV[0], (whole ->> 'revision')::integer,
        (whole ->> 'published_at')::timestamptz, whole);
    RETURN NULL;
END $$;

-- A part changes under published content: that is its next revision. Arguments: table of the whole, column of its key.
CREATE FUNCTION akademos.touch_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE akademos.%I SET published_at = now() WHERE tenant_id = $1 AND %I = $2 AND status = ''published'' '
        'AND published_at < now()', TG_ARGV[0], TG_ARGV[1]) USING NEW.tenant_id, to_jsonb(NEW) ->> TG_ARGV[1];
    RETURN NULL;
END $$;

-- Who is erased goes out of the log of changes: rows about them altogether, and of staff their key in the rows of others.
-- With records given only what was noted of those goes: their basis was withdrawn.
CREATE FUNCTION akademos.erase_record_changes(tenant text, keys uuid[], names uuid[], records text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, akademos, pg_temp AS $$
DECLARE
    gone bigint;
    one integer;
BEGIN
    PERFORM set_config('akademos.upkeep', 'record_changes', true);
    DELETE FROM akademos.record_changes WHERE tenant_id = tenant AND learner_key = ANY (keys)
        AND (records IS NULL OR record = ANY (records));
    GET DIAGNOSTICS gone = ROW_COUNT;
    FOR one IN 1 .. CASE WHEN records IS NULL THEN cardinality(keys) ELSE 0 END LOOP
        UPDATE akademos.record_changes SET key = replace(key::text, keys[one]::text, names[one]::text)::jsonb,
            before = replace(before::text, keys[one]::text, names[one]::text)::jsonb,
            after = replace(after::text, keys[one]::text, names[one]::text)::jsonb
        WHERE tenant_id = tenant AND (strpos(key::text, keys[one]::text) > 0 OR strpos(before::text, keys[one]::text) > 0
            OR strpos(after::text, keys[one]::text) > 0);
    END LOOP;
    PERFORM set_config('akademos.upkeep', '', true);
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION akademos.erase_record_changes(text, uuid[], uuid[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION akademos.erase_record_changes(text, uuid[], uuid[], text[]) TO akademos_pipeline;

CREATE TABLE akademos.organisations (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    organisation_id text NOT NULL,
    name text NOT NULL,
    kind text,
    parent_id text,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, organisation_id)
);
CREATE TABLE akademos.maturity_models (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    model_id text NOT NULL,
    title text NOT NULL,
    domain text,
    rubric jsonb NOT NULL,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'in_review', 'published', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 1,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, model_id)
);
CREATE TABLE akademos.advising_notes (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    note_id text NOT NULL,
    learner_key uuid NOT NULL,
    author_key uuid,
    text text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, note_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, author_key) REFERENCES akademos.people ON DELETE SET NULL (author_key)
);
CREATE TABLE akademos.learning_paths (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    path_id text NOT NULL,
    title text NOT NULL,
    goal text,
    audience text,
    organisation_id text,
    owner_key uuid,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'in_review', 'published', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 1,
    published_at timestamptz,
    certificate_valid_months integer CHECK (certificate_valid_months BETWEEN 1 AND 1200),
    PRIMARY KEY (tenant_id, path_id),
    FOREIGN KEY (tenant_id, owner_key) REFERENCES akademos.people ON DELETE SET NULL (owner_key)
);
CREATE TABLE akademos.org_units (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    unit_id text NOT NULL,
    organisation_id text NOT NULL,
    parent_id text,
    name text NOT NULL,
    kind text,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, unit_id)
);
CREATE TABLE akademos.terms (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    term_id text NOT NULL,
    organisation_id text,
    parent_id text,
    title text NOT NULL,
    kind text,
    starts_on date,
    ends_on date,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, term_id)
);
CREATE TABLE akademos.organization_learning_profiles (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    organisation_id text NOT NULL,
    maturity_level text,
    maturity_score double precision CHECK (maturity_score >= 0),
    assessed_at timestamptz,
    progress_summary jsonb,
    state text NOT NULL DEFAULT 'forming' CHECK (state IN ('forming', 'active', 'suspended', 'closed')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, organisation_id)
);
CREATE TABLE akademos.procurement_maturity_assessments (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    assessment_id text NOT NULL,
    organisation_id text NOT NULL,
    model_id text NOT NULL,
    model_revision integer CHECK (model_revision >= 1),
    responses jsonb,
    score double precision CHECK (score >= 0),
    maturity_level text,
    assessor_key uuid,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'submitted', 'scored', 'discarded')),
    scored_at timestamptz,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, assessment_id),
    FOREIGN KEY (tenant_id, assessor_key) REFERENCES akademos.people ON DELETE SET NULL (assessor_key)
);
CREATE TABLE akademos.learning_modules (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    module_id text NOT NULL,
    course_id text NOT NULL,
    title text NOT NULL,
    description text,
    position integer NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND 1000000),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, module_id),
    UNIQUE (tenant_id, module_id, course_id)
);
CREATE TABLE akademos.learning_practical_exercises (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    exercise_id text NOT NULL,
    course_id text,
    title text NOT NULL,
    prompt text NOT NULL,
    rubric jsonb,
    review text NOT NULL DEFAULT 'one' CHECK (review IN ('none', 'one', 'two')),
    pass_threshold double precision CHECK (pass_threshold BETWEEN 0 AND 1),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'in_review', 'published', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 1,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, exercise_id)
);
CREATE TABLE akademos.learning_user_progress (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    learner_key uuid NOT NULL,
    content_type text NOT NULL CHECK (content_type IN ('course', 'path', 'lesson', 'quiz', 'exercise')),
    content_id text NOT NULL,
    course_id text,
    content_revision integer CHECK (content_revision >= 1),
    state text NOT NULL DEFAULT 'not_started' CHECK (state IN ('not_started', 'in_progress', 'completed')),
    percentage double precision NOT NULL DEFAULT 0 CHECK (percentage BETWEEN 0 AND 100),
    first_activity_at timestamptz,
    last_activity_at timestamptz,
    completed_at timestamptz,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, learner_key, content_type, content_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.learner_alerts (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    alert_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text,
    kind text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    reason text NOT NULL,
    source_trigger text,
    handler_key uuid,
    status text NOT NULL DEFAULT 'raised' CHECK (status IN ('raised', 'acknowledged', 'resolved', 'dismissed')),
    acknowledged_at timestamptz,
    resolved_at timestamptz,
    outcome text,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    owner_key uuid,
    PRIMARY KEY (tenant_id, alert_id),
    UNIQUE (tenant_id, alert_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, handler_key) REFERENCES akademos.people ON DELETE SET NULL (handler_key),
    FOREIGN KEY (tenant_id, owner_key) REFERENCES akademos.people ON DELETE SET NULL (owner_key)
);
CREATE TABLE akademos.learning_path_steps (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    path_id text NOT NULL,
    step_id text NOT NULL,
    position integer NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND 1000000),
    content_type text NOT NULL CHECK (content_type IN ('course', 'lesson', 'quiz', 'exercise', 'material')),
    content_id text NOT NULL,
    optional boolean,
    needs_steps text[],
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, path_id, step_id)
);
CREATE TABLE akademos.learning_certificates (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    certificate_id text NOT NULL,
    number text NOT NULL,
    learner_key uuid NOT NULL,
    title text NOT NULL,
    course_id text,
    path_id text,
    content_revision integer CHECK (content_revision >= 1),
    status text NOT NULL DEFAULT 'issued' CHECK (status IN ('issued', 'revoked', 'expired')),
    issued_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    revocation_reason text,
    verification_code text,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, certificate_id),
    UNIQUE (tenant_id, number),
    UNIQUE (tenant_id, verification_code),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.programmes (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    programme_id text NOT NULL,
    organisation_id text,
    unit_id text,
    title text NOT NULL,
    award text,
    level text,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, programme_id)
);
CREATE TABLE akademos.learning_lessons (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    lesson_id text NOT NULL,
    module_id text NOT NULL,
    course_id text NOT NULL,
    title text NOT NULL,
    position integer NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND 1000000),
    content_type text NOT NULL CHECK (content_type IN ('page', 'video', 'interactive', 'quiz', 'exercise', 'material')),
    content_id text,
    objective text,
    completion_rule jsonb,
    topic_ids text[],
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, lesson_id),
    UNIQUE (tenant_id, lesson_id, course_id)
);
CREATE TABLE akademos.learning_knowledge_gaps (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    gap_id text NOT NULL,
    learner_key uuid NOT NULL,
    topic_id text,
    course_id text,
    gap text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('minor', 'moderate', 'severe')),
    evidence jsonb,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'in_progress', 'closed', 'dismissed')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, gap_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.learning_recommendations (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    recommendation_id text NOT NULL,
    learner_key uuid NOT NULL,
    action text NOT NULL,
    priority integer NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 5),
    reason text NOT NULL,
    content_type text,
    content_id text,
    topic_id text,
    course_id text,
    source_trigger text NOT NULL,
    expires_at timestamptz,
    status text NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'shown', 'accepted', 'dismissed', 'completed', 'expired')),
    shown_at timestamptz,
    decided_at timestamptz,
    completed_at timestamptz,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, recommendation_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.exam_sections (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    exam_id text NOT NULL,
    section text NOT NULL,
    title text NOT NULL,
    position integer NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND 1000000),
    duration_minutes integer CHECK (duration_minutes BETWEEN 1 AND 10000),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, exam_id, section)
);
CREATE TABLE akademos.exam_outcomes (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    learner_key uuid NOT NULL,
    exam_id text NOT NULL,
    attempt integer NOT NULL DEFAULT 1 CHECK (attempt BETWEEN 1 AND 1000),
    taken_on date,
    score double precision CHECK (score BETWEEN 0 AND 1),
    passed boolean,
    grade text,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, learner_key, exam_id, attempt),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.study_plans (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    plan_id text NOT NULL,
    learner_key uuid NOT NULL,
    title text NOT NULL,
    course_id text,
    exam_id text,
    starts_on date,
    due_on date,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'completed', 'abandoned')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, plan_id),
    UNIQUE (tenant_id, plan_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.learner_assessments (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    assessment_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text,
    exam_id text,
    title text NOT NULL,
    due_at timestamptz,
    readiness double precision CHECK (readiness BETWEEN 0 AND 1),
    readiness_at timestamptz,
    score double precision CHECK (score BETWEEN 0 AND 1),
    status text NOT NULL DEFAULT 'scheduled' CHECK (status IN ('scheduled', 'taken', 'graded', 'cancelled')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, assessment_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.learning_exercise_submissions (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    submission_id text NOT NULL,
    learner_key uuid NOT NULL,
    exercise_id text NOT NULL,
    exercise_revision integer CHECK (exercise_revision >= 1),
    course_id text,
    evidence_reference text,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'submitted', 'second_review', 'returned', 'reviewed', 'withdrawn')),
    rubric_scores jsonb,
    score double precision CHECK (score BETWEEN 0 AND 1),
    passed boolean,
    feedback text,
    reviewer_key uuid,
    second_reviewer_key uuid,
    submitted_at timestamptz,
    reviewed_at timestamptz,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, submission_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, reviewer_key) REFERENCES akademos.people ON DELETE SET NULL (reviewer_key),
    FOREIGN KEY (tenant_id, second_reviewer_key) REFERENCES akademos.people ON DELETE SET NULL (second_reviewer_key)
);
CREATE TABLE akademos.learner_interventions (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    intervention_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text,
    alert_id text,
    kind text NOT NULL,
    staff_key uuid,
    starts_on date,
    ends_on date,
    status text NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'running', 'completed', 'cancelled')),
    outcome text CHECK (outcome IN ('helped', 'partly', 'no_change', 'unknown')),
    outcome_note text,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    trial text,
    arm text CHECK (arm IN ('treated', 'comparison')),
    assignment text CHECK (assignment IN ('randomised', 'chosen')),
    PRIMARY KEY (tenant_id, intervention_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, staff_key) REFERENCES akademos.people ON DELETE SET NULL (staff_key)
);
CREATE TABLE akademos.course_offerings (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    offering_id text NOT NULL,
    course_id text NOT NULL,
    term_id text,
    organisation_id text,
    programme_id text,
    title text,
    starts_on date,
    ends_on date,
    status text NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'open', 'running', 'closed', 'cancelled')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, offering_id)
);
CREATE TABLE akademos.cohorts (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    cohort_id text NOT NULL,
    programme_id text,
    organisation_id text,
    title text NOT NULL,
    starts_on date,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, cohort_id)
);
CREATE TABLE akademos.learning_video_lessons (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    lesson_id text NOT NULL,
    course_id text NOT NULL,
    media_reference text NOT NULL,
    duration_seconds double precision CHECK (duration_seconds BETWEEN 0 AND 1000000),
    transcript_reference text,
    captions jsonb,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, lesson_id)
);
CREATE TABLE akademos.learning_interactive_lessons (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    lesson_id text NOT NULL,
    course_id text NOT NULL,
    scenario jsonb NOT NULL,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, lesson_id)
);
CREATE TABLE akademos.learning_quizzes (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    quiz_id text NOT NULL,
    course_id text,
    title text NOT NULL,
    question_ids text[] NOT NULL,
    pass_threshold double precision CHECK (pass_threshold BETWEEN 0 AND 1),
    scoring_policy jsonb,
    attempts_allowed integer CHECK (attempts_allowed BETWEEN 1 AND 1000),
    time_limit_seconds integer CHECK (time_limit_seconds BETWEEN 1 AND 1000000),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'in_review', 'published', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 1,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, quiz_id)
);
CREATE TABLE akademos.learning_ai_tutor_sessions (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    session_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text,
    material_ids text[],
    confidence double precision CHECK (confidence BETWEEN 0 AND 1),
    guardrail_result text NOT NULL CHECK (guardrail_result IN ('passed', 'blocked', 'escalated')),
    summary text,
    started_at timestamptz,
    ended_at timestamptz,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, session_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.study_tasks (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    task_id text NOT NULL,
    learner_key uuid NOT NULL,
    plan_id text,
    title text NOT NULL,
    content_type text,
    content_id text,
    due_on date,
    assigner_key uuid,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'cancelled')),
    done_at timestamptz,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, task_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, assigner_key) REFERENCES akademos.people ON DELETE SET NULL (assigner_key)
);
CREATE TABLE akademos.sections (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    section_id text NOT NULL,
    offering_id text NOT NULL,
    title text NOT NULL,
    capacity integer CHECK (capacity BETWEEN 0 AND 1000000),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, section_id)
);
CREATE TABLE akademos.cohort_members (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    cohort_id text NOT NULL,
    learner_key uuid NOT NULL,
    joined_on date,
    left_on date,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, cohort_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE TABLE akademos.learning_quiz_attempts (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    attempt_id text NOT NULL,
    learner_key uuid NOT NULL,
    quiz_id text NOT NULL,
    quiz_revision integer CHECK (quiz_revision >= 1),
    course_id text,
    attempt_number integer CHECK (attempt_number >= 1),
    answers jsonb,
    item_scores jsonb,
    score double precision CHECK (score BETWEEN 0 AND 1),
    passed boolean,
    status text NOT NULL DEFAULT 'in_progress' CHECK (status IN ('in_progress', 'submitted', 'scored', 'abandoned', 'expired')),
    started_at timestamptz,
    submitted_at timestamptz,
    scored_at timestamptz,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, attempt_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
ALTER TABLE akademos.organisations ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.learning_courses ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.learning_paths ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.org_units ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.org_units ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES akademos.org_units (tenant_id, unit_id);
ALTER TABLE akademos.terms ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.terms ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES akademos.terms (tenant_id, term_id);
ALTER TABLE akademos.organization_learning_profiles ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.procurement_maturity_assessments ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.procurement_maturity_assessments ADD FOREIGN KEY (tenant_id, model_id) REFERENCES akademos.maturity_models (tenant_id, model_id);
ALTER TABLE akademos.learning_modules ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id) ON DELETE CASCADE;
ALTER TABLE akademos.learning_practical_exercises ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learning_user_progress ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learner_alerts ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learning_path_steps ADD FOREIGN KEY (tenant_id, path_id) REFERENCES akademos.learning_paths (tenant_id, path_id) ON DELETE CASCADE;
ALTER TABLE akademos.learning_certificates ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learning_certificates ADD FOREIGN KEY (tenant_id, path_id) REFERENCES akademos.learning_paths (tenant_id, path_id);
ALTER TABLE akademos.programmes ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.programmes ADD FOREIGN KEY (tenant_id, unit_id) REFERENCES akademos.org_units (tenant_id, unit_id);
ALTER TABLE akademos.learning_lessons ADD FOREIGN KEY (tenant_id, module_id, course_id) REFERENCES akademos.learning_modules (tenant_id, module_id, course_id) ON DELETE CASCADE;
ALTER TABLE akademos.learning_lessons ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learning_knowledge_gaps ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learning_recommendations ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.exam_sections ADD FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams (tenant_id, exam_id);
ALTER TABLE akademos.exam_outcomes ADD FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams (tenant_id, exam_id);
ALTER TABLE akademos.study_plans ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.study_plans ADD FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams (tenant_id, exam_id);
ALTER TABLE akademos.learner_assessments ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learner_assessments ADD FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams (tenant_id, exam_id);
ALTER TABLE akademos.learning_exercise_submissions ADD FOREIGN KEY (tenant_id, exercise_id) REFERENCES akademos.learning_practical_exercises (tenant_id, exercise_id);
ALTER TABLE akademos.learning_exercise_submissions ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learner_interventions ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learner_interventions ADD FOREIGN KEY (tenant_id, alert_id, learner_key) REFERENCES akademos.learner_alerts (tenant_id, alert_id, learner_key) ON DELETE SET NULL (alert_id);
ALTER TABLE akademos.course_offerings ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.course_offerings ADD FOREIGN KEY (tenant_id, term_id) REFERENCES akademos.terms (tenant_id, term_id);
ALTER TABLE akademos.course_offerings ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.course_offerings ADD FOREIGN KEY (tenant_id, programme_id) REFERENCES akademos.programmes (tenant_id, programme_id);
ALTER TABLE akademos.cohorts ADD FOREIGN KEY (tenant_id, programme_id) REFERENCES akademos.programmes (tenant_id, programme_id);
ALTER TABLE akademos.cohorts ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES akademos.organisations (tenant_id, organisation_id);
ALTER TABLE akademos.learning_video_lessons ADD FOREIGN KEY (tenant_id, lesson_id, course_id) REFERENCES akademos.learning_lessons (tenant_id, lesson_id, course_id) ON DELETE CASCADE;
ALTER TABLE akademos.learning_interactive_lessons ADD FOREIGN KEY (tenant_id, lesson_id, course_id) REFERENCES akademos.learning_lessons (tenant_id, lesson_id, course_id) ON DELETE CASCADE;
ALTER TABLE akademos.learning_quizzes ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.learning_ai_tutor_sessions ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.study_tasks ADD FOREIGN KEY (tenant_id, plan_id, learner_key) REFERENCES akademos.study_plans (tenant_id, plan_id, learner_key) ON DELETE CASCADE;
ALTER TABLE akademos.sections ADD FOREIGN KEY (tenant_id, offering_id) REFERENCES akademos.course_offerings (tenant_id, offering_id);
ALTER TABLE akademos.cohort_members ADD FOREIGN KEY (tenant_id, cohort_id) REFERENCES akademos.cohorts (tenant_id, cohort_id);
ALTER TABLE akademos.learning_quiz_attempts ADD FOREIGN KEY (tenant_id, quiz_id) REFERENCES akademos.learning_quizzes (tenant_id, quiz_id);
ALTER TABLE akademos.learning_quiz_attempts ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
ALTER TABLE akademos.enrolments ADD FOREIGN KEY (tenant_id, offering_id) REFERENCES akademos.course_offerings (tenant_id, offering_id);
ALTER TABLE akademos.enrolments ADD FOREIGN KEY (tenant_id, section_id) REFERENCES akademos.sections (tenant_id, section_id);
ALTER TABLE akademos.enrolments ADD FOREIGN KEY (tenant_id, programme_id) REFERENCES akademos.programmes (tenant_id, programme_id);
CREATE INDEX organisations_by_kind ON akademos.organisations (tenant_id, kind, organisation_id);
CREATE INDEX organisations_by_parent_id ON akademos.organisations (tenant_id, parent_id, organisation_id);
CREATE INDEX organisations_by_status ON akademos.organisations (tenant_id, status, organisation_id);
CREATE INDEX organisations_by_creation ON akademos.organisations (tenant_id, created_at);
CREATE INDEX organisations_by_update ON akademos.organisations (tenant_id, updated_at);
CREATE INDEX organisations_by_source ON akademos.organisations (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX maturity_models_by_domain ON akademos.maturity_models (tenant_id, domain, model_id);
CREATE INDEX maturity_models_by_status ON akademos.maturity_models (tenant_id, status, model_id);
CREATE INDEX maturity_models_by_creation ON akademos.maturity_models (tenant_id, created_at);
CREATE INDEX maturity_models_by_update ON akademos.maturity_models (tenant_id, updated_at);
CREATE INDEX maturity_models_by_source ON akademos.maturity_models (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX advisee_assignments_by_learner_key ON akademos.advisee_assignments (tenant_id, learner_key, advisor_key);
CREATE INDEX advisee_assignments_by_creation ON akademos.advisee_assignments (tenant_id, created_at);
CREATE INDEX advisee_assignments_by_update ON akademos.advisee_assignments (tenant_id, updated_at);
CREATE INDEX advisee_assignments_by_source ON akademos.advisee_assignments (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX advising_notes_by_learner_key ON akademos.advising_notes (tenant_id, learner_key, note_id);
CREATE INDEX advising_notes_by_author_key ON akademos.advising_notes (tenant_id, author_key, note_id);
CREATE INDEX advising_notes_by_status ON akademos.advising_notes (tenant_id, status, note_id);
CREATE INDEX advising_notes_by_creation ON akademos.advising_notes (tenant_id, created_at);
CREATE INDEX advising_notes_by_update ON akademos.advising_notes (tenant_id, updated_at);
CREATE INDEX advising_notes_by_source ON akademos.advising_notes (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_courses_by_status ON akademos.learning_courses (tenant_id, status, course_id);
CREATE INDEX learning_courses_by_organisation_id ON akademos.learning_courses (tenant_id, organisation_id, course_id);
CREATE INDEX learning_courses_by_creation ON akademos.learning_courses (tenant_id, created_at);
CREATE INDEX learning_courses_by_update ON akademos.learning_courses (tenant_id, updated_at);
CREATE INDEX learning_courses_by_source ON akademos.learning_courses (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_paths_by_organisation_id ON akademos.learning_paths (tenant_id, organisation_id, path_id);
CREATE INDEX learning_paths_by_owner_key ON akademos.learning_paths (tenant_id, owner_key, path_id);
CREATE INDEX learning_paths_by_status ON akademos.learning_paths (tenant_id, status, path_id);
CREATE INDEX learning_paths_by_creation ON akademos.learning_paths (tenant_id, created_at);
CREATE INDEX learning_paths_by_update ON akademos.learning_paths (tenant_id, updated_at);
CREATE INDEX learning_paths_by_source ON akademos.learning_paths (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX org_units_by_organisation_id ON akademos.org_units (tenant_id, organisation_id, unit_id);
CREATE INDEX org_units_by_parent_id ON akademos.org_units (tenant_id, parent_id, unit_id);
CREATE INDEX org_units_by_status ON akademos.org_units (tenant_id, status, unit_id);
CREATE INDEX org_units_by_creation ON akademos.org_units (tenant_id, created_at);
CREATE INDEX org_units_by_update ON akademos.org_units (tenant_id, updated_at);
CREATE INDEX org_units_by_source ON akademos.org_units (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX terms_by_organisation_id ON akademos.terms (tenant_id, organisation_id, term_id);
CREATE INDEX terms_by_parent_id ON akademos.terms (tenant_id, parent_id, term_id);
CREATE INDEX terms_by_status ON akademos.terms (tenant_id, status, term_id);
CREATE INDEX terms_by_creation ON akademos.terms (tenant_id, created_at);
CREATE INDEX terms_by_update ON akademos.terms (tenant_id, updated_at);
CREATE INDEX terms_by_source ON akademos.terms (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX organization_learning_profiles_by_maturity_level ON akademos.organization_learning_profiles (tenant_id, maturity_level, organisation_id);
CREATE INDEX organization_learning_profiles_by_state ON akademos.organization_learning_profiles (tenant_id, state, organisation_id);
CREATE INDEX organization_learning_profiles_by_creation ON akademos.organization_learning_profiles (tenant_id, created_at);
CREATE INDEX organization_learning_profiles_by_update ON akademos.organization_learning_profiles (tenant_id, updated_at);
CREATE INDEX organization_learning_profiles_by_source ON akademos.organization_learning_profiles (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX procurement_maturity_assessments_by_organisation_id ON akademos.procurement_maturity_assessments (tenant_id, organisation_id, assessment_id);
CREATE INDEX procurement_maturity_assessments_by_model_id ON akademos.procurement_maturity_assessments (tenant_id, model_id, assessment_id);
CREATE INDEX procurement_maturity_assessments_by_maturity_level ON akademos.procurement_maturity_assessments (tenant_id, maturity_level, assessment_id);
CREATE INDEX procurement_maturity_assessments_by_assessor_key ON akademos.procurement_maturity_assessments (tenant_id, assessor_key, assessment_id);
CREATE INDEX procurement_maturity_assessments_by_status ON akademos.procurement_maturity_assessments (tenant_id, status, assessment_id);
CREATE INDEX procurement_maturity_assessments_by_creation ON akademos.procurement_maturity_assessments (tenant_id, created_at);
CREATE INDEX procurement_maturity_assessments_by_update ON akademos.procurement_maturity_assessments (tenant_id, updated_at);
CREATE INDEX procurement_maturity_assessments_by_source ON akademos.procurement_maturity_assessments (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_modules_by_course_id ON akademos.learning_modules (tenant_id, course_id, module_id);
CREATE INDEX learning_modules_by_status ON akademos.learning_modules (tenant_id, status, module_id);
CREATE INDEX learning_modules_by_creation ON akademos.learning_modules (tenant_id, created_at);
CREATE INDEX learning_modules_by_update ON akademos.learning_modules (tenant_id, updated_at);
CREATE INDEX learning_modules_by_source ON akademos.learning_modules (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX topics_by_parent_id ON akademos.topics (tenant_id, parent_id, topic_id);
CREATE INDEX topics_by_course_id ON akademos.topics (tenant_id, course_id, topic_id);
CREATE INDEX topics_by_status ON akademos.topics (tenant_id, status, topic_id);
CREATE INDEX topics_by_creation ON akademos.topics (tenant_id, created_at);
CREATE INDEX topics_by_update ON akademos.topics (tenant_id, updated_at);
CREATE INDEX topics_by_source ON akademos.topics (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX exams_by_course_id ON akademos.exams (tenant_id, course_id, exam_id);
CREATE INDEX exams_by_status ON akademos.exams (tenant_id, status, exam_id);
CREATE INDEX exams_by_creation ON akademos.exams (tenant_id, created_at);
CREATE INDEX exams_by_update ON akademos.exams (tenant_id, updated_at);
CREATE INDEX exams_by_source ON akademos.exams (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_practical_exercises_by_course_id ON akademos.learning_practical_exercises (tenant_id, course_id, exercise_id);
CREATE INDEX learning_practical_exercises_by_status ON akademos.learning_practical_exercises (tenant_id, status, exercise_id);
CREATE INDEX learning_practical_exercises_by_creation ON akademos.learning_practical_exercises (tenant_id, created_at);
CREATE INDEX learning_practical_exercises_by_update ON akademos.learning_practical_exercises (tenant_id, updated_at);
CREATE INDEX learning_practical_exercises_by_source ON akademos.learning_practical_exercises (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_user_progress_by_content_id ON akademos.learning_user_progress (tenant_id, content_id, learner_key, content_type);
CREATE INDEX learning_user_progress_by_course_id ON akademos.learning_user_progress (tenant_id, course_id, learner_key, content_type, content_id);
CREATE INDEX learning_user_progress_by_state ON akademos.learning_user_progress (tenant_id, state, learner_key, content_type, content_id);
CREATE INDEX learning_user_progress_by_creation ON akademos.learning_user_progress (tenant_id, created_at);
CREATE INDEX learning_user_progress_by_update ON akademos.learning_user_progress (tenant_id, updated_at);
CREATE INDEX learning_user_progress_by_source ON akademos.learning_user_progress (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX staff_assignments_by_course_id ON akademos.staff_assignments (tenant_id, course_id, learner_key, role);
CREATE INDEX staff_assignments_by_creation ON akademos.staff_assignments (tenant_id, created_at);
CREATE INDEX staff_assignments_by_update ON akademos.staff_assignments (tenant_id, updated_at);
CREATE INDEX staff_assignments_by_source ON akademos.staff_assignments (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learner_alerts_by_learner_key ON akademos.learner_alerts (tenant_id, learner_key, alert_id);
CREATE INDEX learner_alerts_by_course_id ON akademos.learner_alerts (tenant_id, course_id, alert_id);
CREATE INDEX learner_alerts_by_kind ON akademos.learner_alerts (tenant_id, kind, alert_id);
CREATE INDEX learner_alerts_by_severity ON akademos.learner_alerts (tenant_id, severity, alert_id);
CREATE INDEX learner_alerts_by_source_trigger ON akademos.learner_alerts (tenant_id, source_trigger, alert_id);
CREATE INDEX learner_alerts_by_handler_key ON akademos.learner_alerts (tenant_id, handler_key, alert_id);
CREATE INDEX learner_alerts_by_status ON akademos.learner_alerts (tenant_id, status, alert_id);
CREATE INDEX learner_alerts_by_creation ON akademos.learner_alerts (tenant_id, created_at);
CREATE INDEX learner_alerts_by_update ON akademos.learner_alerts (tenant_id, updated_at);
CREATE INDEX learner_alerts_by_source ON akademos.learner_alerts (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_path_steps_by_content_id ON akademos.learning_path_steps (tenant_id, content_id, path_id, step_id);
CREATE INDEX learning_path_steps_by_creation ON akademos.learning_path_steps (tenant_id, created_at);
CREATE INDEX learning_path_steps_by_update ON akademos.learning_path_steps (tenant_id, updated_at);
CREATE INDEX learning_path_steps_by_source ON akademos.learning_path_steps (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_certificates_by_number ON akademos.learning_certificates (tenant_id, number, certificate_id);
CREATE INDEX learning_certificates_by_learner_key ON akademos.learning_certificates (tenant_id, learner_key, certificate_id);
CREATE INDEX learning_certificates_by_course_id ON akademos.learning_certificates (tenant_id, course_id, certificate_id);
CREATE INDEX learning_certificates_by_path_id ON akademos.learning_certificates (tenant_id, path_id, certificate_id);
CREATE INDEX learning_certificates_by_status ON akademos.learning_certificates (tenant_id, status, certificate_id);
CREATE INDEX learning_certificates_by_verification_code ON akademos.learning_certificates (tenant_id, verification_code, certificate_id);
CREATE INDEX learning_certificates_by_creation ON akademos.learning_certificates (tenant_id, created_at);
CREATE INDEX learning_certificates_by_update ON akademos.learning_certificates (tenant_id, updated_at);
CREATE INDEX learning_certificates_by_source ON akademos.learning_certificates (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX programmes_by_organisation_id ON akademos.programmes (tenant_id, organisation_id, programme_id);
CREATE INDEX programmes_by_unit_id ON akademos.programmes (tenant_id, unit_id, programme_id);
CREATE INDEX programmes_by_status ON akademos.programmes (tenant_id, status, programme_id);
CREATE INDEX programmes_by_creation ON akademos.programmes (tenant_id, created_at);
CREATE INDEX programmes_by_update ON akademos.programmes (tenant_id, updated_at);
CREATE INDEX programmes_by_source ON akademos.programmes (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_lessons_by_module_id ON akademos.learning_lessons (tenant_id, module_id, lesson_id);
CREATE INDEX learning_lessons_by_course_id ON akademos.learning_lessons (tenant_id, course_id, lesson_id);
CREATE INDEX learning_lessons_by_content_id ON akademos.learning_lessons (tenant_id, content_id, lesson_id);
CREATE INDEX learning_lessons_by_status ON akademos.learning_lessons (tenant_id, status, lesson_id);
CREATE INDEX learning_lessons_by_creation ON akademos.learning_lessons (tenant_id, created_at);
CREATE INDEX learning_lessons_by_update ON akademos.learning_lessons (tenant_id, updated_at);
CREATE INDEX learning_lessons_by_source ON akademos.learning_lessons (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX topic_relationships_by_to_topic ON akademos.topic_relationships (tenant_id, to_topic, from_topic, kind);
CREATE INDEX topic_relationships_by_status ON akademos.topic_relationships (tenant_id, status, from_topic, to_topic, kind);
CREATE INDEX topic_relationships_by_creation ON akademos.topic_relationships (tenant_id, created_at);
CREATE INDEX topic_relationships_by_update ON akademos.topic_relationships (tenant_id, updated_at);
CREATE INDEX topic_relationships_by_source ON akademos.topic_relationships (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX items_by_course_id ON akademos.items (tenant_id, course_id, question_id);
CREATE INDEX items_by_kind ON akademos.items (tenant_id, kind, question_id);
CREATE INDEX items_by_secure ON akademos.items (tenant_id, secure, question_id);
CREATE INDEX items_by_status ON akademos.items (tenant_id, status, question_id);
CREATE INDEX items_by_creation ON akademos.items (tenant_id, created_at);
CREATE INDEX items_by_update ON akademos.items (tenant_id, updated_at);
CREATE INDEX items_by_source ON akademos.items (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX materials_by_course_id ON akademos.materials (tenant_id, course_id, material_id);
CREATE INDEX materials_by_kind ON akademos.materials (tenant_id, kind, material_id);
CREATE INDEX materials_by_status ON akademos.materials (tenant_id, status, material_id);
CREATE INDEX materials_by_creation ON akademos.materials (tenant_id, created_at);
CREATE INDEX materials_by_update ON akademos.materials (tenant_id, updated_at);
CREATE INDEX materials_by_source ON akademos.materials (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_knowledge_gaps_by_learner_key ON akademos.learning_knowledge_gaps (tenant_id, learner_key, gap_id);
CREATE INDEX learning_knowledge_gaps_by_topic_id ON akademos.learning_knowledge_gaps (tenant_id, topic_id, gap_id);
CREATE INDEX learning_knowledge_gaps_by_course_id ON akademos.learning_knowledge_gaps (tenant_id, course_id, gap_id);
CREATE INDEX learning_knowledge_gaps_by_severity ON akademos.learning_knowledge_gaps (tenant_id, severity, gap_id);
CREATE INDEX learning_knowledge_gaps_by_status ON akademos.learning_knowledge_gaps (tenant_id, status, gap_id);
CREATE INDEX learning_knowledge_gaps_by_creation ON akademos.learning_knowledge_gaps (tenant_id, created_at);
CREATE INDEX learning_knowledge_gaps_by_update ON akademos.learning_knowledge_gaps (tenant_id, updated_at);
CREATE INDEX learning_knowledge_gaps_by_source ON akademos.learning_knowledge_gaps (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_recommendations_by_learner_key ON akademos.learning_recommendations (tenant_id, learner_key, recommendation_id);
CREATE INDEX learning_recommendations_by_content_id ON akademos.learning_recommendations (tenant_id, content_id, recommendation_id);
CREATE INDEX learning_recommendations_by_topic_id ON akademos.learning_recommendations (tenant_id, topic_id, recommendation_id);
CREATE INDEX learning_recommendations_by_course_id ON akademos.learning_recommendations (tenant_id, course_id, recommendation_id);
CREATE INDEX learning_recommendations_by_source_trigger ON akademos.learning_recommendations (tenant_id, source_trigger, recommendation_id);
CREATE INDEX learning_recommendations_by_status ON akademos.learning_recommendations (tenant_id, status, recommendation_id);
CREATE INDEX learning_recommendations_by_creation ON akademos.learning_recommendations (tenant_id, created_at);
CREATE INDEX learning_recommendations_by_update ON akademos.learning_recommendations (tenant_id, updated_at);
CREATE INDEX learning_recommendations_by_source ON akademos.learning_recommendations (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX exam_sections_by_creation ON akademos.exam_sections (tenant_id, created_at);
CREATE INDEX exam_sections_by_update ON akademos.exam_sections (tenant_id, updated_at);
CREATE INDEX exam_sections_by_source ON akademos.exam_sections (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX exam_weights_by_topic_id ON akademos.exam_weights (tenant_id, topic_id, exam_id, section);
CREATE INDEX exam_weights_by_creation ON akademos.exam_weights (tenant_id, created_at);
CREATE INDEX exam_weights_by_update ON akademos.exam_weights (tenant_id, updated_at);
CREATE INDEX exam_weights_by_source ON akademos.exam_weights (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learner_targets_by_exam_id ON akademos.learner_targets (tenant_id, exam_id, learner_key);
CREATE INDEX learner_targets_by_creation ON akademos.learner_targets (tenant_id, created_at);
CREATE INDEX learner_targets_by_update ON akademos.learner_targets (tenant_id, updated_at);
CREATE INDEX learner_targets_by_source ON akademos.learner_targets (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX exam_outcomes_by_exam_id ON akademos.exam_outcomes (tenant_id, exam_id, learner_key, attempt);
CREATE INDEX exam_outcomes_by_creation ON akademos.exam_outcomes (tenant_id, created_at);
CREATE INDEX exam_outcomes_by_update ON akademos.exam_outcomes (tenant_id, updated_at);
CREATE INDEX exam_outcomes_by_source ON akademos.exam_outcomes (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX study_plans_by_learner_key ON akademos.study_plans (tenant_id, learner_key, plan_id);
CREATE INDEX study_plans_by_course_id ON akademos.study_plans (tenant_id, course_id, plan_id);
CREATE INDEX study_plans_by_exam_id ON akademos.study_plans (tenant_id, exam_id, plan_id);
CREATE INDEX study_plans_by_due_on ON akademos.study_plans (tenant_id, due_on, plan_id);
CREATE INDEX study_plans_by_status ON akademos.study_plans (tenant_id, status, plan_id);
CREATE INDEX study_plans_by_creation ON akademos.study_plans (tenant_id, created_at);
CREATE INDEX study_plans_by_update ON akademos.study_plans (tenant_id, updated_at);
CREATE INDEX study_plans_by_source ON akademos.study_plans (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learner_assessments_by_learner_key ON akademos.learner_assessments (tenant_id, learner_key, assessment_id);
CREATE INDEX learner_assessments_by_course_id ON akademos.learner_assessments (tenant_id, course_id, assessment_id);
CREATE INDEX learner_assessments_by_exam_id ON akademos.learner_assessments (tenant_id, exam_id, assessment_id);
CREATE INDEX learner_assessments_by_status ON akademos.learner_assessments (tenant_id, status, assessment_id);
CREATE INDEX learner_assessments_by_creation ON akademos.learner_assessments (tenant_id, created_at);
CREATE INDEX learner_assessments_by_update ON akademos.learner_assessments (tenant_id, updated_at);
CREATE INDEX learner_assessments_by_source ON akademos.learner_assessments (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_exercise_submissions_by_learner_key ON akademos.learning_exercise_submissions (tenant_id, learner_key, submission_id);
CREATE INDEX learning_exercise_submissions_by_exercise_id ON akademos.learning_exercise_submissions (tenant_id, exercise_id, submission_id);
CREATE INDEX learning_exercise_submissions_by_course_id ON akademos.learning_exercise_submissions (tenant_id, course_id, submission_id);
CREATE INDEX learning_exercise_submissions_by_status ON akademos.learning_exercise_submissions (tenant_id, status, submission_id);
CREATE INDEX learning_exercise_submissions_by_reviewer_key ON akademos.learning_exercise_submissions (tenant_id, reviewer_key, submission_id);
CREATE INDEX learning_exercise_submissions_by_second_reviewer_key ON akademos.learning_exercise_submissions (tenant_id, second_reviewer_key);
CREATE INDEX learning_exercise_submissions_by_creation ON akademos.learning_exercise_submissions (tenant_id, created_at);
CREATE INDEX learning_exercise_submissions_by_update ON akademos.learning_exercise_submissions (tenant_id, updated_at);
CREATE INDEX learning_exercise_submissions_by_source ON akademos.learning_exercise_submissions (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learner_interventions_by_learner_key ON akademos.learner_interventions (tenant_id, learner_key, intervention_id);
CREATE INDEX learner_interventions_by_course_id ON akademos.learner_interventions (tenant_id, course_id, intervention_id);
CREATE INDEX learner_interventions_by_alert_id ON akademos.learner_interventions (tenant_id, alert_id, intervention_id);
CREATE INDEX learner_interventions_by_kind ON akademos.learner_interventions (tenant_id, kind, intervention_id);
CREATE INDEX learner_interventions_by_staff_key ON akademos.learner_interventions (tenant_id, staff_key, intervention_id);
CREATE INDEX learner_interventions_by_status ON akademos.learner_interventions (tenant_id, status, intervention_id);
CREATE INDEX learner_interventions_by_outcome ON akademos.learner_interventions (tenant_id, outcome, intervention_id);
CREATE INDEX learner_interventions_by_creation ON akademos.learner_interventions (tenant_id, created_at);
CREATE INDEX learner_interventions_by_update ON akademos.learner_interventions (tenant_id, updated_at);
CREATE INDEX learner_interventions_by_source ON akademos.learner_interventions (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX course_offerings_by_course_id ON akademos.course_offerings (tenant_id, course_id, offering_id);
CREATE INDEX course_offerings_by_term_id ON akademos.course_offerings (tenant_id, term_id, offering_id);
CREATE INDEX course_offerings_by_organisation_id ON akademos.course_offerings (tenant_id, organisation_id, offering_id);
CREATE INDEX course_offerings_by_programme_id ON akademos.course_offerings (tenant_id, programme_id, offering_id);
CREATE INDEX course_offerings_by_status ON akademos.course_offerings (tenant_id, status, offering_id);
CREATE INDEX course_offerings_by_creation ON akademos.course_offerings (tenant_id, created_at);
CREATE INDEX course_offerings_by_update ON akademos.course_offerings (tenant_id, updated_at);
CREATE INDEX course_offerings_by_source ON akademos.course_offerings (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX cohorts_by_programme_id ON akademos.cohorts (tenant_id, programme_id, cohort_id);
CREATE INDEX cohorts_by_organisation_id ON akademos.cohorts (tenant_id, organisation_id, cohort_id);
CREATE INDEX cohorts_by_status ON akademos.cohorts (tenant_id, status, cohort_id);
CREATE INDEX cohorts_by_creation ON akademos.cohorts (tenant_id, created_at);
CREATE INDEX cohorts_by_update ON akademos.cohorts (tenant_id, updated_at);
CREATE INDEX cohorts_by_source ON akademos.cohorts (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_video_lessons_by_course_id ON akademos.learning_video_lessons (tenant_id, course_id, lesson_id);
CREATE INDEX learning_video_lessons_by_creation ON akademos.learning_video_lessons (tenant_id, created_at);
CREATE INDEX learning_video_lessons_by_update ON akademos.learning_video_lessons (tenant_id, updated_at);
CREATE INDEX learning_video_lessons_by_source ON akademos.learning_video_lessons (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_interactive_lessons_by_course_id ON akademos.learning_interactive_lessons (tenant_id, course_id, lesson_id);
CREATE INDEX learning_interactive_lessons_by_creation ON akademos.learning_interactive_lessons (tenant_id, created_at);
CREATE INDEX learning_interactive_lessons_by_update ON akademos.learning_interactive_lessons (tenant_id, updated_at);
CREATE INDEX learning_interactive_lessons_by_source ON akademos.learning_interactive_lessons (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_quizzes_by_course_id ON akademos.learning_quizzes (tenant_id, course_id, quiz_id);
CREATE INDEX learning_quizzes_by_status ON akademos.learning_quizzes (tenant_id, status, quiz_id);
CREATE INDEX learning_quizzes_by_creation ON akademos.learning_quizzes (tenant_id, created_at);
CREATE INDEX learning_quizzes_by_update ON akademos.learning_quizzes (tenant_id, updated_at);
CREATE INDEX learning_quizzes_by_source ON akademos.learning_quizzes (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_ai_tutor_sessions_by_learner_key ON akademos.learning_ai_tutor_sessions (tenant_id, learner_key, session_id);
CREATE INDEX learning_ai_tutor_sessions_by_course_id ON akademos.learning_ai_tutor_sessions (tenant_id, course_id, session_id);
CREATE INDEX learning_ai_tutor_sessions_by_guardrail_result ON akademos.learning_ai_tutor_sessions (tenant_id, guardrail_result, session_id);
CREATE INDEX learning_ai_tutor_sessions_by_creation ON akademos.learning_ai_tutor_sessions (tenant_id, created_at);
CREATE INDEX learning_ai_tutor_sessions_by_update ON akademos.learning_ai_tutor_sessions (tenant_id, updated_at);
CREATE INDEX learning_ai_tutor_sessions_by_source ON akademos.learning_ai_tutor_sessions (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX study_tasks_by_learner_key ON akademos.study_tasks (tenant_id, learner_key, task_id);
CREATE INDEX study_tasks_by_plan_id ON akademos.study_tasks (tenant_id, plan_id, task_id);
CREATE INDEX study_tasks_by_due_on ON akademos.study_tasks (tenant_id, due_on, task_id);
CREATE INDEX study_tasks_by_assigner_key ON akademos.study_tasks (tenant_id, assigner_key, task_id);
CREATE INDEX study_tasks_by_status ON akademos.study_tasks (tenant_id, status, task_id);
CREATE INDEX study_tasks_by_creation ON akademos.study_tasks (tenant_id, created_at);
CREATE INDEX study_tasks_by_update ON akademos.study_tasks (tenant_id, updated_at);
CREATE INDEX study_tasks_by_source ON akademos.study_tasks (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX sections_by_offering_id ON akademos.sections (tenant_id, offering_id, section_id);
CREATE INDEX sections_by_status ON akademos.sections (tenant_id, status, section_id);
CREATE INDEX sections_by_creation ON akademos.sections (tenant_id, created_at);
CREATE INDEX sections_by_update ON akademos.sections (tenant_id, updated_at);
CREATE INDEX sections_by_source ON akademos.sections (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX cohort_members_by_learner_key ON akademos.cohort_members (tenant_id, learner_key, cohort_id);
CREATE INDEX cohort_members_by_creation ON akademos.cohort_members (tenant_id, created_at);
CREATE INDEX cohort_members_by_update ON akademos.cohort_members (tenant_id, updated_at);
CREATE INDEX cohort_members_by_source ON akademos.cohort_members (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX learning_quiz_attempts_by_learner_key ON akademos.learning_quiz_attempts (tenant_id, learner_key, attempt_id);
CREATE INDEX learning_quiz_attempts_by_quiz_id ON akademos.learning_quiz_attempts (tenant_id, quiz_id, attempt_id);
CREATE INDEX learning_quiz_attempts_by_course_id ON akademos.learning_quiz_attempts (tenant_id, course_id, attempt_id);
CREATE INDEX learning_quiz_attempts_by_status ON akademos.learning_quiz_attempts (tenant_id, status, attempt_id);
CREATE INDEX learning_quiz_attempts_by_creation ON akademos.learning_quiz_attempts (tenant_id, created_at);
CREATE INDEX learning_quiz_attempts_by_update ON akademos.learning_quiz_attempts (tenant_id, updated_at);
CREATE INDEX learning_quiz_attempts_by_source ON akademos.learning_quiz_attempts (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE INDEX enrolments_by_course_id ON akademos.enrolments (tenant_id, course_id, learner_key);
CREATE INDEX enrolments_by_offering_id ON akademos.enrolments (tenant_id, offering_id, learner_key, course_id);
CREATE INDEX enrolments_by_section_id ON akademos.enrolments (tenant_id, section_id, learner_key, course_id);
CREATE INDEX enrolments_by_programme_id ON akademos.enrolments (tenant_id, programme_id, learner_key, course_id);
CREATE INDEX enrolments_by_creation ON akademos.enrolments (tenant_id, created_at);
CREATE INDEX enrolments_by_update ON akademos.enrolments (tenant_id, updated_at);
CREATE INDEX enrolments_by_source ON akademos.enrolments (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.organisations FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.organisations FOR EACH ROW EXECUTE FUNCTION akademos.note_change('organisation_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.maturity_models FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'title,domain,rubric');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.maturity_models FOR EACH ROW EXECUTE FUNCTION akademos.note_change('model_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.maturity_models DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('model_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.advisee_assignments FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.advisee_assignments FOR EACH ROW EXECUTE FUNCTION akademos.note_change('advisor_key,learner_key', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.advising_notes FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.advising_notes FOR EACH ROW EXECUTE FUNCTION akademos.note_change('note_id', 'text', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_courses FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'title,starts_on,ends_on,description,objectives,audience,organisation_id,metadata,certificate_valid_months');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_courses FOR EACH ROW EXECUTE FUNCTION akademos.note_change('course_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.learning_courses DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('course_id', 'learning_modules,learning_lessons,learning_video_lessons,learning_interactive_lessons', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_paths FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'title,goal,audience,organisation_id,certificate_valid_months');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_paths FOR EACH ROW EXECUTE FUNCTION akademos.note_change('path_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.learning_paths DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('path_id', 'learning_path_steps', 'owner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.org_units FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.org_units FOR EACH ROW EXECUTE FUNCTION akademos.note_change('unit_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.terms FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.terms FOR EACH ROW EXECUTE FUNCTION akademos.note_change('term_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.organization_learning_profiles FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('state', 'forming,active', 'forming>active,active>suspended,suspended>active,suspended>closed', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.organization_learning_profiles FOR EACH ROW EXECUTE FUNCTION akademos.note_change('organisation_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.procurement_maturity_assessments FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,scored', 'draft>submitted,draft>discarded,submitted>scored,submitted>draft', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.procurement_maturity_assessments FOR EACH ROW EXECUTE FUNCTION akademos.note_change('assessment_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_modules FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_modules FOR EACH ROW EXECUTE FUNCTION akademos.note_change('module_id', '', '');
CREATE TRIGGER whole_touched AFTER INSERT OR UPDATE ON akademos.learning_modules FOR EACH ROW EXECUTE FUNCTION akademos.touch_whole('learning_courses', 'course_id');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.topics FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.topics FOR EACH ROW EXECUTE FUNCTION akademos.note_change('topic_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.exams FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.exams FOR EACH ROW EXECUTE FUNCTION akademos.note_change('exam_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_practical_exercises FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'course_id,title,prompt,rubric,review,pass_threshold');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_practical_exercises FOR EACH ROW EXECUTE FUNCTION akademos.note_change('exercise_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.learning_practical_exercises DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('exercise_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_user_progress FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('state', 'not_started,in_progress,completed', 'not_started>in_progress,not_started>completed,in_progress>completed,in_progress>not_started,completed>in_progress', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_user_progress FOR EACH ROW EXECUTE FUNCTION akademos.note_change('learner_key,content_type,content_id', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.staff_assignments FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.staff_assignments FOR EACH ROW EXECUTE FUNCTION akademos.note_change('learner_key,course_id,role', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learner_alerts FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'raised,acknowledged,resolved,dismissed', 'raised>acknowledged,raised>dismissed,acknowledged>resolved,acknowledged>dismissed', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learner_alerts FOR EACH ROW EXECUTE FUNCTION akademos.note_change('alert_id', 'reason,outcome', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_path_steps FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_path_steps FOR EACH ROW EXECUTE FUNCTION akademos.note_change('path_id,step_id', '', '');
CREATE TRIGGER whole_touched AFTER INSERT OR UPDATE ON akademos.learning_path_steps FOR EACH ROW EXECUTE FUNCTION akademos.touch_whole('learning_paths', 'path_id');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_certificates FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'issued,revoked,expired', 'issued>revoked,issued>expired,expired>revoked', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_certificates FOR EACH ROW EXECUTE FUNCTION akademos.note_change('certificate_id', 'revocation_reason,verification_code', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.programmes FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.programmes FOR EACH ROW EXECUTE FUNCTION akademos.note_change('programme_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_lessons FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,published,archived', 'draft>published,draft>archived,published>draft,published>archived,archived>draft', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_lessons FOR EACH ROW EXECUTE FUNCTION akademos.note_change('lesson_id', '', '');
CREATE TRIGGER whole_touched AFTER INSERT OR UPDATE ON akademos.learning_lessons FOR EACH ROW EXECUTE FUNCTION akademos.touch_whole('learning_courses', 'course_id');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.topic_relationships FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.topic_relationships FOR EACH ROW EXECUTE FUNCTION akademos.note_change('from_topic,to_topic,kind', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.items FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'course_id,topic_ids,kind,stem,options,secure,answer_key');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.items FOR EACH ROW EXECUTE FUNCTION akademos.note_change('question_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('question_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.materials FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.materials FOR EACH ROW EXECUTE FUNCTION akademos.note_change('material_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_knowledge_gaps FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'open,in_progress,closed,dismissed', 'open>in_progress,open>closed,open>dismissed,in_progress>closed,in_progress>dismissed,closed>open,dismissed>open', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_knowledge_gaps FOR EACH ROW EXECUTE FUNCTION akademos.note_change('gap_id', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_recommendations FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'proposed,shown,accepted,dismissed,completed,expired', 'proposed>shown,proposed>accepted,proposed>dismissed,proposed>expired,shown>accepted,shown>dismissed,shown>expired,accepted>completed,accepted>dismissed,accepted>expired', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_recommendations FOR EACH ROW EXECUTE FUNCTION akademos.note_change('recommendation_id', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.exam_sections FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.exam_sections FOR EACH ROW EXECUTE FUNCTION akademos.note_change('exam_id,section', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.exam_weights FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.exam_weights FOR EACH ROW EXECUTE FUNCTION akademos.note_change('exam_id,section,topic_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learner_targets FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learner_targets FOR EACH ROW EXECUTE FUNCTION akademos.note_change('learner_key', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.exam_outcomes FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.exam_outcomes FOR EACH ROW EXECUTE FUNCTION akademos.note_change('learner_key,exam_id,attempt', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.study_plans FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,completed,abandoned', 'active>completed,active>abandoned,completed>active,abandoned>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.study_plans FOR EACH ROW EXECUTE FUNCTION akademos.note_change('plan_id', 'title', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learner_assessments FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'scheduled,taken,graded,cancelled', 'scheduled>taken,scheduled>cancelled,taken>graded', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learner_assessments FOR EACH ROW EXECUTE FUNCTION akademos.note_change('assessment_id', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_exercise_submissions FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,submitted,reviewed,returned,withdrawn', 'draft>submitted,draft>withdrawn,submitted>reviewed,submitted>second_review,submitted>returned,second_review>reviewed,second_review>returned,returned>submitted,returned>withdrawn,reviewed>second_review', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_exercise_submissions FOR EACH ROW EXECUTE FUNCTION akademos.note_change('submission_id', 'evidence_reference,feedback', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learner_interventions FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'planned,running,completed,cancelled', 'planned>running,planned>cancelled,running>completed,running>cancelled', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learner_interventions FOR EACH ROW EXECUTE FUNCTION akademos.note_change('intervention_id', 'outcome_note', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.course_offerings FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'planned,open,running,closed,cancelled', 'planned>open,planned>cancelled,open>running,open>cancelled,running>closed,running>cancelled', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.course_offerings FOR EACH ROW EXECUTE FUNCTION akademos.note_change('offering_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.cohorts FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.cohorts FOR EACH ROW EXECUTE FUNCTION akademos.note_change('cohort_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_video_lessons FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_video_lessons FOR EACH ROW EXECUTE FUNCTION akademos.note_change('lesson_id', '', '');
CREATE TRIGGER whole_touched AFTER INSERT OR UPDATE ON akademos.learning_video_lessons FOR EACH ROW EXECUTE FUNCTION akademos.touch_whole('learning_courses', 'course_id');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_interactive_lessons FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_interactive_lessons FOR EACH ROW EXECUTE FUNCTION akademos.note_change('lesson_id', '', '');
CREATE TRIGGER whole_touched AFTER INSERT OR UPDATE ON akademos.learning_interactive_lessons FOR EACH ROW EXECUTE FUNCTION akademos.touch_whole('learning_courses', 'course_id');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_quizzes FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'course_id,title,question_ids,pass_threshold,scoring_policy,attempts_allowed,time_limit_seconds');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_quizzes FOR EACH ROW EXECUTE FUNCTION akademos.note_change('quiz_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.learning_quizzes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('quiz_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_ai_tutor_sessions FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_ai_tutor_sessions FOR EACH ROW EXECUTE FUNCTION akademos.note_change('session_id', 'summary', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.study_tasks FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'open,done,cancelled', 'open>done,open>cancelled,done>open,cancelled>open', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.study_tasks FOR EACH ROW EXECUTE FUNCTION akademos.note_change('task_id', 'title', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.sections FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.sections FOR EACH ROW EXECUTE FUNCTION akademos.note_change('section_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.cohort_members FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.cohort_members FOR EACH ROW EXECUTE FUNCTION akademos.note_change('cohort_id,learner_key', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_quiz_attempts FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'in_progress,submitted,scored,abandoned,expired', 'in_progress>submitted,in_progress>abandoned,in_progress>expired,submitted>scored,expired>scored', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_quiz_attempts FOR EACH ROW EXECUTE FUNCTION akademos.note_change('attempt_id', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.enrolments FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.enrolments FOR EACH ROW EXECUTE FUNCTION akademos.note_change('learner_key,course_id', '', 'learner_key');
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['organisations', 'maturity_models', 'advising_notes', 'learning_paths', 'org_units', 'terms',
        'organization_learning_profiles', 'procurement_maturity_assessments', 'learning_modules',
        'learning_practical_exercises', 'learning_user_progress', 'learner_alerts', 'learning_path_steps',
        'learning_certificates', 'programmes', 'learning_lessons', 'learning_knowledge_gaps',
        'learning_recommendations', 'exam_sections', 'exam_outcomes', 'study_plans', 'learner_assessments',
        'learning_exercise_submissions', 'learner_interventions', 'course_offerings', 'cohorts',
        'learning_video_lessons', 'learning_interactive_lessons', 'learning_quizzes', 'learning_ai_tutor_sessions',
        'study_tasks', 'sections', 'cohort_members', 'learning_quiz_attempts', 'content_versions', 'record_changes',
        'record_requests']
    LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['organisations', 'maturity_models', 'advising_notes', 'learning_paths', 'org_units', 'terms',
        'organization_learning_profiles', 'procurement_maturity_assessments', 'learning_modules',
        'learning_practical_exercises', 'learning_user_progress', 'learner_alerts', 'learning_path_steps',
        'learning_certificates', 'programmes', 'learning_lessons', 'learning_knowledge_gaps',
        'learning_recommendations', 'exam_sections', 'exam_outcomes', 'study_plans', 'learner_assessments',
        'learning_exercise_submissions', 'learner_interventions', 'course_offerings', 'cohorts',
        'learning_video_lessons', 'learning_interactive_lessons', 'learning_quizzes', 'learning_ai_tutor_sessions',
        'study_tasks', 'sections', 'cohort_members', 'learning_quiz_attempts', 'content_versions']
    LOOP
        EXECUTE format('GRANT SELECT ON akademos.%I TO akademos_serving', t);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON akademos.record_changes, akademos.content_versions FROM akademos_pipeline;

-- Rosters -------------------------------------------------------------------------------------------------------------

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

-- Behaviour of records --------------------------------------------------------------------------------------------------

CREATE TABLE akademos.learning_exercise_reviews (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    submission_id text NOT NULL,
    round integer NOT NULL CHECK (round BETWEEN 1 AND 100),
    learner_key uuid NOT NULL,
    course_id text,
    reviewer_key uuid,
    rubric_scores jsonb,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    feedback text,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, submission_id, round),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, reviewer_key) REFERENCES akademos.people ON DELETE SET NULL (reviewer_key)
);
ALTER TABLE akademos.learning_exercise_reviews ADD FOREIGN KEY (tenant_id, submission_id) REFERENCES akademos.learning_exercise_submissions (tenant_id, submission_id) ON DELETE CASCADE;
ALTER TABLE akademos.learning_exercise_reviews ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
CREATE INDEX learning_exercise_reviews_by_learner_key ON akademos.learning_exercise_reviews (tenant_id, learner_key, submission_id, round);
CREATE INDEX learning_exercise_reviews_by_course_id ON akademos.learning_exercise_reviews (tenant_id, course_id, submission_id, round);
CREATE INDEX learning_exercise_reviews_by_reviewer_key ON akademos.learning_exercise_reviews (tenant_id, reviewer_key, submission_id, round);
CREATE INDEX learning_exercise_reviews_by_creation ON akademos.learning_exercise_reviews (tenant_id, created_at);
CREATE INDEX learning_exercise_reviews_by_update ON akademos.learning_exercise_reviews (tenant_id, updated_at);
CREATE INDEX learning_exercise_reviews_by_source ON akademos.learning_exercise_reviews (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_exercise_reviews FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_exercise_reviews FOR EACH ROW EXECUTE FUNCTION akademos.note_change('submission_id,round', 'feedback', 'learner_key');
-- Certificates: serials, and which are revoked, for good and without a name.
CREATE TABLE akademos.certificate_serials (
    tenant_id text PRIMARY KEY REFERENCES akademos.tenants,
    last bigint NOT NULL
);
CREATE TABLE akademos.certificate_revocations (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    serial bigint NOT NULL,
    revoked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, serial)
);
-- Whoever checks a code does not say which tenant's it is.
CREATE INDEX learning_certificates_by_code ON akademos.learning_certificates (verification_code)
    WHERE verification_code IS NOT NULL;
CREATE FUNCTION akademos.note_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number ~ '^[0-9]{4}-[0-9]{6,}-[0-9A-Z]$' THEN
        INSERT INTO akademos.certificate_revocations (tenant_id, serial)
        VALUES (NEW.tenant_id, split_part(NEW.number, '-', 2)::bigint) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_revoked AFTER INSERT OR UPDATE ON akademos.learning_certificates
    FOR EACH ROW WHEN (NEW.status = 'revoked') EXECUTE FUNCTION akademos.note_revocation();
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['learning_exercise_reviews', 'certificate_serials', 'certificate_revocations'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.learning_exercise_reviews, akademos.certificate_revocations TO akademos_serving;
REVOKE UPDATE, DELETE ON akademos.certificate_revocations FROM akademos_pipeline;

-- Publishing outward, and progress that follows ------------------------------------------------------------------------

-- Publishing outward: every record change gets a place in its tenant's sequence once it is committed. Places are given
-- one after the other under the lock of the tenant's head, so nothing ever turns up behind what somebody has seen.
CREATE TABLE akademos.outbox_pending (
    tenant_id text NOT NULL,
    change bigint NOT NULL,
    PRIMARY KEY (tenant_id, change)
);
CREATE TABLE akademos.outbox_heads (
    tenant_id text PRIMARY KEY REFERENCES akademos.tenants,
    position bigint NOT NULL DEFAULT 0
);
-- What is published is made when it leaves, from the change that stands then: here is only its place. `change` is null
-- for the notice of an erasure.
CREATE TABLE akademos.outbox (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    position bigint NOT NULL,
    event_id uuid NOT NULL DEFAULT gen_random_uuid(),
    change bigint,
    sequenced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, position)
);
CREATE INDEX outbox_by_age ON akademos.outbox (sequenced_at);
CREATE TABLE akademos.outbox_consumers (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    consumer text NOT NULL CHECK (consumer ~ '^[a-z][a-z0-9_-]{0,62}$'),
    records text[] NOT NULL,
    people text NOT NULL CHECK (people IN ('none', 'pseudonym', 'user_id')),
    purposes text[] NOT NULL CHECK (cardinality(purposes) > 0),
    basis text NOT NULL CHECK (people <> 'user_id' OR basis <> ''),
    url text,
    secret bytea,
    previous_secret bytea,
    previous_until timestamptz,
    batch integer NOT NULL CHECK (batch BETWEEN 1 AND 500),
    attempts integer NOT NULL CHECK (attempts BETWEEN 1 AND 100),
    position bigint NOT NULL CHECK (position >= 0),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'gone')),
    failures integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    lease uuid,
    leased_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, consumer),
    CHECK ((url IS NULL) = (secret IS NULL))
);
CREATE TABLE akademos.outbox_letters (
    tenant_id text NOT NULL,
    consumer text NOT NULL,
    position bigint NOT NULL,
    attempts integer NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    again boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, consumer, position),
    FOREIGN KEY (tenant_id, consumer) REFERENCES akademos.outbox_consumers ON DELETE CASCADE
);
-- The person as the consumer knows them, until it has confirmed.
CREATE TABLE akademos.outbox_notices (
    tenant_id text NOT NULL,
    consumer text NOT NULL,
    position bigint NOT NULL,
    erasure_id uuid NOT NULL,
    people text[],
    told_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    PRIMARY KEY (tenant_id, consumer, position),
    FOREIGN KEY (tenant_id, consumer) REFERENCES akademos.outbox_consumers ON DELETE CASCADE,
    CHECK ((people IS NULL) = (confirmed_at IS NOT NULL))
);
CREATE TABLE akademos.outbox_readers (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    reader text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, reader)
);
-- What learners were seen doing, until it is in their progress. `recompute` and `rebuild`: everything of the
-- learner, from the core; `touched`: what contains this content.
CREATE TABLE akademos.progress_observations (
    tenant_id text NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    learner_key uuid NOT NULL,
    event text NOT NULL,
    content_type text,
    content_id text,
    at timestamptz NOT NULL,
    share double precision,
    score double precision,
    passed boolean,
    result text,
    revision integer,
    of_record boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, seq),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX progress_observations_by_person ON akademos.progress_observations (tenant_id, learner_key);
CREATE FUNCTION akademos.note_record_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO akademos.outbox_pending (tenant_id, change) SELECT tenant_id, position FROM changed;
    RETURN NULL;
END $$;
CREATE TRIGGER record_changes_noted AFTER INSERT ON akademos.record_changes REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION akademos.note_record_changes();
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['outbox_pending', 'outbox_heads', 'outbox', 'outbox_consumers', 'outbox_letters',
        'outbox_notices', 'outbox_readers', 'progress_observations']
    LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
-- Not the secrets.
GRANT SELECT (tenant_id, consumer, records, people, purposes, basis, url, batch, attempts, position, state, failures,
    next_attempt_at, last_error, created_at) ON akademos.outbox_consumers TO akademos_serving;
GRANT SELECT ON akademos.outbox, akademos.outbox_heads, akademos.outbox_notices, akademos.outbox_letters,
    akademos.record_changes TO akademos_serving;

-- Students in focus: the weekly estimate of risk of each learner and course, with its reasons.
CREATE TABLE akademos.risk_scores (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    as_of date NOT NULL,
    computed_at timestamptz NOT NULL,
    course_day integer NOT NULL,
    basis text NOT NULL CHECK (basis IN ('model', 'hazard', 'rule')),
    model_version bigint,
    risk double precision CHECK (risk BETWEEN 0 AND 1),
    level text NOT NULL CHECK (level IN ('high', 'raised', 'low')),
    reasons jsonb NOT NULL,
    effects jsonb NOT NULL,
    previous_risk double precision,
    changed jsonb NOT NULL,
    PRIMARY KEY (tenant_id, learner_key, course_id, as_of),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK ((basis <> 'rule') = (risk IS NOT NULL AND model_version IS NOT NULL))
);
CREATE INDEX risk_scores_by_week ON akademos.risk_scores (tenant_id, as_of);
ALTER TABLE akademos.risk_scores ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.risk_scores FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.risk_scores TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.risk_scores TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.risk_scores TO akademos_pipeline;
GRANT SELECT ON akademos.risk_scores TO akademos_serving;

-- Retention of chained logs ---------------------------------------------------------------------------------------------

-- The chained logs lose what their retention has ended for, oldest first, and the audit log then names the last row and seal
-- that went, with their hashes, in an entry of its own chain (privacy.audit_chain). Of the access log whole sealed batches go;
-- the newest seal stays, and so does the entry that names it. A period of null: nothing goes from that log.
CREATE FUNCTION akademos.expire_logs(tenant text, audit_kept interval, access_kept interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, akademos, pg_temp AS
$$ DECLARE
    stamp constant text := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
    standing jsonb;
    first_kept bigint;
    row_gone record;
    seal_gone record;
    rows_gone bigint := 0;
    seals_gone bigint := 0;
    reads_gone bigint := 0;
BEGIN
    IF least(audit_kept, access_kept) < interval '300 days' THEN
        RAISE EXCEPTION 'append-only tables are kept for more than 300 days' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(24940, hashtext(tenant));
    SELECT detail::jsonb INTO standing FROM audit_log WHERE tenant_id = tenant AND action = 'log.checkpoint'
        ORDER BY seq DESC LIMIT 1;

    SELECT access_id INTO first_kept FROM access_log WHERE tenant_id = tenant AND at >= now() - access_kept
        ORDER BY access_id LIMIT 1;
    SELECT number, hash, last_id, sealed_at INTO seal_gone FROM access_seals s
        WHERE tenant_id = tenant AND access_kept IS NOT NULL AND (first_kept IS NULL OR last_id < first_kept)
            AND number < (SELECT max(number) FROM access_seals WHERE tenant_id = tenant)
            AND NOT EXISTS (SELECT FROM access_seals e
                WHERE e.tenant_id = tenant AND e.number <= s.number AND e.sealed_at >= now() - access_kept)
        ORDER BY number DESC LIMIT 1;
    IF seal_gone.number IS NOT NULL THEN
        PERFORM set_config('akademos.upkeep', 'access_log', true);
        DELETE FROM access_log WHERE tenant_id = tenant AND access_id <= seal_gone.last_id;
        GET DIAGNOSTICS reads_gone = ROW_COUNT;
        PERFORM set_config('akademos.upkeep', 'access_seals', true);
        DELETE FROM access_seals WHERE tenant_id = tenant AND number <= seal_gone.number;
        GET DIAGNOSTICS seals_gone = ROW_COUNT;
    END IF;

    SELECT seq INTO first_kept FROM audit_log WHERE tenant_id = tenant AND at >= now() - audit_kept ORDER BY seq LIMIT 1;
    SELECT seq, hash, at INTO row_gone FROM audit_log
        WHERE tenant_id = tenant AND audit_kept IS NOT NULL AND (first_kept IS NULL OR seq < first_kept)
            AND seq < coalesce((SELECT max(seq) FROM audit_log WHERE tenant_id = tenant AND action = 'access.sealed'),
                9223372036854775807)
        ORDER BY seq DESC LIMIT 1;

    IF seal_gone.number IS NOT NULL OR row_gone.seq IS NOT NULL THEN
        IF row_gone.seq IS NOT NULL THEN
            SELECT count(*) INTO rows_gone FROM audit_log WHERE tenant_id = tenant AND seq <= row_gone.seq;
        END IF;
        INSERT INTO audit_log (tenant_id, actor, action, detail)
            VALUES (tenant, 'job:retention', 'log.checkpoint', jsonb_strip_nulls(jsonb_build_object(
                'audit_log', CASE WHEN row_gone.seq IS NULL THEN standing -> 'audit_log' ELSE jsonb_build_object(
                    'number', row_gone.seq, 'hash', encode(row_gone.hash, 'hex'), 'last_id', row_gone.seq,
                    'until', to_char(row_gone.at AT TIME ZONE 'UTC', stamp), 'rows', rows_gone) END,
                'access_log', CASE WHEN seal_gone.number IS NULL THEN standing -> 'access_log' ELSE jsonb_build_object(
                    'number', seal_gone.number, 'hash', encode(seal_gone.hash, 'hex'), 'last_id', seal_gone.last_id,
                    'until', to_char(seal_gone.sealed_at AT TIME ZONE 'UTC', stamp), 'rows', reads_gone) END))::text);
        PERFORM set_config('akademos.upkeep', 'audit_log', true);
        DELETE FROM audit_log WHERE tenant_id = tenant AND seq <= row_gone.seq;
        PERFORM set_config('akademos.upkeep', '', true);
    END IF;
    RETURN jsonb_build_object('audit_log', rows_gone, 'access_log', reads_gone, 'access_seals', seals_gone);
END $$;
REVOKE ALL ON FUNCTION akademos.expire_logs(text, interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION akademos.expire_logs(text, interval, interval) TO akademos_pipeline;

-- What later answers need of events whose retention ended, packed, a key of a learner; `covers` says which events are in it.
CREATE TABLE akademos.carried_forward (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    carried_at timestamptz NOT NULL,
    covers jsonb NOT NULL,
    packed bytea NOT NULL,
    PRIMARY KEY (tenant_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
ALTER TABLE akademos.carried_forward ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.carried_forward FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.carried_forward TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.carried_forward TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.carried_forward TO akademos_pipeline;

-- Warehouse --------------------------------------------------------------------------------------------------------------

-- What the checks of each build of the warehouse found; a build is known by the fingerprint of what it was made from.
CREATE TABLE akademos.warehouse_checks (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    build_id text NOT NULL,
    dataset text NOT NULL,
    check_name text NOT NULL,
    column_name text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'warning')),
    status text NOT NULL CHECK (status IN ('pass', 'warn', 'fail')),
    failures bigint NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, build_id, dataset, check_name, column_name)
);
CREATE INDEX warehouse_checks_by_time ON akademos.warehouse_checks (tenant_id, checked_at);

-- One row a load of a closed day: what was meant to move, and what moved, with checksums that do not depend on order, and
-- where the difference went, as it was when the day was closed; null where it was closed before that was noted.
CREATE TABLE akademos.warehouse_loads (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    load text NOT NULL CHECK (load IN ('envelopes', 'core')),
    received_on date NOT NULL,
    channel text NOT NULL CHECK (channel IN ('live', 'import')),
    verdicts jsonb NOT NULL,
    meant_rows bigint NOT NULL,
    moved_rows bigint NOT NULL,
    meant_checksum text NOT NULL,
    moved_checksum text NOT NULL,
    seconds double precision,
    recorded_at timestamptz NOT NULL,
    causes jsonb,
    PRIMARY KEY (tenant_id, load, received_on, channel)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['warehouse_checks', 'warehouse_loads'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;

-- Operations ------------------------------------------------------------------------------------------------------------

-- Operations: the platform's own log and figures, alerts, incidents, maintenance. A tenant of null is the installation's.
CREATE TABLE akademos.ops_log_loads (
    load_id uuid PRIMARY KEY,
    tenant_id text,
    service text NOT NULL,
    instance text NOT NULL,
    version text NOT NULL,
    region text NOT NULL,
    started_at timestamptz NOT NULL,
    loaded_at timestamptz NOT NULL,
    offered bigint NOT NULL CHECK (offered >= 0),
    kept bigint NOT NULL CHECK (kept >= 0),
    lost bigint NOT NULL CHECK (lost >= 0),
    meant text NOT NULL,
    moved text NOT NULL,
    seconds double precision NOT NULL,
    waiting bigint NOT NULL CHECK (waiting >= 0),
    oldest_at timestamptz
);
CREATE INDEX ops_log_loads_by_time ON akademos.ops_log_loads (loaded_at);
CREATE TABLE akademos.ops_logs (
    log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text,
    load_id uuid NOT NULL,
    service text NOT NULL,
    instance text NOT NULL,
    level text NOT NULL CHECK (level IN ('debug', 'info', 'warning', 'error', 'critical')),
    event text NOT NULL,
    logged_at timestamptz NOT NULL,
    fields text NOT NULL,
    trimmed text[] NOT NULL
);
CREATE INDEX ops_logs_by_time ON akademos.ops_logs (logged_at);
CREATE TABLE akademos.ops_figures (
    figure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text,
    figure text NOT NULL,
    subject text NOT NULL,
    value double precision NOT NULL,
    measured_at timestamptz NOT NULL
);
CREATE INDEX ops_figures_by_time ON akademos.ops_figures (figure, measured_at);
CREATE TABLE akademos.ops_alerts (
    alert_id uuid PRIMARY KEY,
    tenant_id text,
    rule text NOT NULL,
    subject text NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    fired_at timestamptz,
    cleared_at timestamptz,
    value double precision NOT NULL,
    worst double precision NOT NULL,
    threshold double precision NOT NULL,
    window_id uuid,
    incident_id uuid,
    CHECK (began_at <= seen_at AND seen_at <= fired_at AND seen_at <= cleared_at)
);
CREATE UNIQUE INDEX ops_alerts_standing ON akademos.ops_alerts (rule, subject, coalesce(tenant_id, ''))
    WHERE cleared_at IS NULL;
CREATE INDEX ops_alerts_by_time ON akademos.ops_alerts (seen_at);
CREATE TABLE akademos.ops_incidents (
    incident_id uuid PRIMARY KEY,
    tenant_id text,
    rule text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'warning', 'notice')),
    priority text NOT NULL,
    team text NOT NULL,
    runbook text NOT NULL,
    began_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    resolved_by text,
    resolution text CHECK (resolution IN ('recovered', 'mended', 'false_alarm', 'accepted')),
    CHECK (began_at <= opened_at AND opened_at <= acknowledged_at AND opened_at <= resolved_at),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK ((resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX ops_incidents_open ON akademos.ops_incidents (rule, subject, coalesce(tenant_id, ''))
    WHERE resolved_at IS NULL;
CREATE INDEX ops_incidents_by_time ON akademos.ops_incidents (opened_at);
CREATE TABLE akademos.ops_maintenance (
    window_id uuid PRIMARY KEY,
    tenant_id text,
    kind text NOT NULL CHECK (kind IN ('upgrade', 'restore', 'migration', 'import', 'test', 'other')),
    rules text[] NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    declared_by text NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz,
    CHECK (starts_at < ends_at)
);
CREATE INDEX ops_maintenance_by_time ON akademos.ops_maintenance (starts_at);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['ops_log_loads', 'ops_logs', 'ops_figures', 'ops_alerts', 'ops_incidents', 'ops_maintenance']
    LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
-- The log, its loads and the figures are never changed.
GRANT UPDATE ON akademos.ops_alerts, akademos.ops_incidents, akademos.ops_maintenance TO akademos_pipeline;
GRANT SELECT ON akademos.ops_alerts, akademos.ops_incidents, akademos.ops_maintenance TO akademos_serving;

-- How long the server was at the questions of each tenant; never changed.
CREATE TABLE akademos.query_usage (
    usage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    query text NOT NULL,
    answers bigint NOT NULL CHECK (answers > 0),
    seconds double precision NOT NULL CHECK (seconds >= 0),
    noted_at timestamptz NOT NULL
);
CREATE INDEX query_usage_by_time ON akademos.query_usage (tenant_id, noted_at);
ALTER TABLE akademos.query_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.query_usage FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.query_usage TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.query_usage TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON akademos.query_usage TO akademos_pipeline;
GRANT SELECT ON akademos.query_usage TO akademos_serving;

-- Money -----------------------------------------------------------------------------------------------------------------

-- Every load of money rows, also one that brought nothing new: rows by verdict, and the order-independent checksums of what
-- was meant to be kept and of what was read back afterwards.
CREATE TABLE akademos.money_loads (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    load_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('charges', 'metering', 'terms', 'rates', 'transactions', 'settlements', 'balances')),
    name text NOT NULL,
    content_sha256 text NOT NULL,
    bytes bigint NOT NULL,
    received bigint NOT NULL,
    accepted bigint NOT NULL,
    duplicate bigint NOT NULL,
    rejected bigint NOT NULL,
    codes jsonb NOT NULL,
    meant_checksum text NOT NULL,
    kept_checksum text NOT NULL,
    seconds double precision NOT NULL,
    loaded_at timestamptz NOT NULL,
    loaded_by text NOT NULL,
    PRIMARY KEY (tenant_id, load_id),
    CHECK (received = accepted + duplicate + rejected)
);
CREATE INDEX money_loads_by_content ON akademos.money_loads (tenant_id, kind, content_sha256);

-- Prices, discounts, chargeback rules, cost centres, fees, limits: as declared, change by change.
CREATE TABLE akademos.money_terms (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    valid_from timestamptz NOT NULL,
    ended boolean NOT NULL,
    body jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);

-- Charges of bills (FOCUS) and of the platform's own metering; corrections are rows of their own.
CREATE TABLE akademos.billing_charges (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    provider text NOT NULL,
    billing_account text NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    charge_start timestamptz NOT NULL,
    charge_end timestamptz NOT NULL,
    currency text NOT NULL,
    service text NOT NULL,
    service_category text NOT NULL,
    resource text,
    region text,
    tags jsonb NOT NULL,
    category text NOT NULL,
    correction boolean NOT NULL,
    billed numeric(38, 18) NOT NULL,
    effective numeric(38, 18) NOT NULL,
    listed numeric(38, 18),
    quantity numeric(38, 18),
    unit text,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id),
    CHECK (period_end > period_start AND charge_end > charge_start)
);
CREATE INDEX billing_charges_by_load ON akademos.billing_charges (tenant_id, load_id);
CREATE INDEX billing_charges_by_bill ON akademos.billing_charges (tenant_id, billing_account, period_start);

CREATE TABLE akademos.exchange_rates (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    rated_on date NOT NULL,
    rate numeric(38, 18) NOT NULL CHECK (rate > 0),
    source text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);

-- Payments as the law has them kept. The customer stands here by audit name only (an HMAC under the person's data key): with
-- the key destroyed nobody can tell any more whose payment it was, and the row stays.
CREATE TABLE akademos.transactions (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    content_hash bytea NOT NULL,
    reference text NOT NULL,
    merchant text NOT NULL,
    account text NOT NULL,
    channel text NOT NULL,
    product text NOT NULL,
    course_id text,
    kind text NOT NULL CHECK (kind IN ('enrolment', 'subscription', 'certification_fee', 'refund', 'chargeback', 'adjustment')),
    amount numeric(38, 4) NOT NULL CHECK (CASE kind WHEN 'adjustment' THEN amount <> 0 WHEN 'refund' THEN amount < 0
        WHEN 'chargeback' THEN amount < 0 ELSE amount > 0 END),
    currency text NOT NULL,
    posted_at timestamptz NOT NULL,
    related text,
    subject bytea,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);
CREATE INDEX transactions_by_load ON akademos.transactions (tenant_id, load_id);
CREATE UNIQUE INDEX transactions_by_reference ON akademos.transactions (tenant_id, merchant, reference);
CREATE INDEX transactions_by_subject ON akademos.transactions (tenant_id, subject) WHERE subject IS NOT NULL;

-- Lines of settlements: what a payment provider says it pays out for which transaction.
CREATE TABLE akademos.settlement_lines (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    batch text NOT NULL,
    merchant text NOT NULL,
    account text NOT NULL,
    reference text NOT NULL,
    settled_on date NOT NULL,
    currency text NOT NULL,
    gross numeric(38, 4) NOT NULL,
    paid_currency text NOT NULL,
    paid_gross numeric(38, 4) NOT NULL,
    fee numeric(38, 4) NOT NULL,
    net numeric(38, 4) NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id),
    CHECK (net = paid_gross - fee)
);
CREATE INDEX settlement_lines_by_load ON akademos.settlement_lines (tenant_id, load_id);

-- What a payment provider says is not paid out yet, at the end of a day.
CREATE TABLE akademos.stated_balances (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    merchant text NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    stated_on date NOT NULL,
    balance numeric(38, 4) NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['money_loads', 'money_terms', 'billing_charges', 'exchange_rates', 'transactions',
        'settlement_lines', 'stated_balances']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.%I FOR EACH STATEMENT '
            'EXECUTE FUNCTION akademos.refuse_change()', t || '_append_only', t);
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
-- A load's number is taken before its row is written.
GRANT USAGE ON SEQUENCE akademos.money_loads_load_id_seq TO akademos_pipeline;
-- Not the transactions: whoever asks for finance sees no person's payments.
GRANT SELECT ON akademos.money_loads, akademos.money_terms, akademos.billing_charges, akademos.exchange_rates
    TO akademos_serving;

-- Product KPIs: people are counted in blocks of each KPI, period and environment; snapshots as published; notes.
CREATE TABLE akademos.kpi_blocks (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    scope text NOT NULL,
    block integer NOT NULL,
    label text NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    PRIMARY KEY (tenant_id, scope, block)
);
-- A person whose block was dropped is kept with block null: they are not counted in this scope again.
CREATE TABLE akademos.kpi_members (
    tenant_id text NOT NULL,
    scope text NOT NULL,
    learner_key uuid NOT NULL,
    block integer,
    evidence jsonb NOT NULL,
    PRIMARY KEY (tenant_id, scope, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
CREATE INDEX kpi_members_by_person ON akademos.kpi_members (tenant_id, learner_key);
CREATE TABLE akademos.kpi_sums (
    tenant_id text NOT NULL,
    scope text NOT NULL,
    item text NOT NULL,
    block integer NOT NULL,
    as_of timestamptz NOT NULL,
    people integer NOT NULL,
    value double precision NOT NULL,
    bands integer[] NOT NULL,
    PRIMARY KEY (tenant_id, scope, item, block),
    FOREIGN KEY (tenant_id, scope, block) REFERENCES akademos.kpi_blocks ON DELETE CASCADE
);
CREATE TABLE akademos.kpi_snapshots (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    kpi text NOT NULL,
    week date NOT NULL,
    environment text NOT NULL,
    dimension text NOT NULL,
    member text NOT NULL,
    period text NOT NULL,
    computed_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('ok', 'withheld', 'no_data', 'not_available')),
    reason text,
    value double precision,
    low double precision,
    high double precision,
    bound text NOT NULL CHECK (bound IN ('exact', 'least', 'most')),
    people integer,
    units bigint,
    smallest_group integer,
    baseline double precision,
    parity text CHECK (parity IN ('within', 'beyond')),
    consenting double precision,
    PRIMARY KEY (tenant_id, kpi, week, environment, dimension, member),
    CHECK ((status = 'ok') = (value IS NOT NULL))
);
CREATE INDEX kpi_snapshots_by_week ON akademos.kpi_snapshots (tenant_id, week);
CREATE TABLE akademos.kpi_notes (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    note_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('annotation', 'signal', 'review')),
    kpi text,
    about date NOT NULL,
    logged_at timestamptz NOT NULL,
    author text NOT NULL,
    body text NOT NULL,
    owner text,
    due_on date,
    done_at timestamptz,
    PRIMARY KEY (tenant_id, note_id)
);
CREATE INDEX kpi_notes_by_day ON akademos.kpi_notes (tenant_id, about);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['kpi_blocks', 'kpi_members', 'kpi_sums', 'kpi_snapshots', 'kpi_notes'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.kpi_snapshots, akademos.kpi_notes TO akademos_serving;

-- Contents, items and journeys: people are counted in parts of a course, in which all are published in editions.
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
    FOREACH t IN ARRAY ARRAY['content_people', 'content_editions', 'content_taken', 'content_statistics', 'journey_answers'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.content_statistics TO akademos_serving;
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

-- The catalogue --------------------------------------------------------------------------------------------------------

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

-- Alerts and interventions ------------------------------------------------------------------------------------------------

CREATE INDEX learner_alerts_by_owner_key ON akademos.learner_alerts (tenant_id, owner_key, alert_id);
CREATE INDEX learner_interventions_by_trial ON akademos.learner_interventions (tenant_id, trial, intervention_id);
CREATE INDEX learner_interventions_by_arm ON akademos.learner_interventions (tenant_id, arm, intervention_id);
-- Who is told of alerts by mail, and when not to; the address is sealed under the person's data key.
CREATE TABLE akademos.alert_settings (
    tenant_id text NOT NULL,
    advisor_key uuid NOT NULL,
    by_mail boolean NOT NULL,
    address bytea,
    time_zone text NOT NULL,
    quiet_from text CHECK (quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    quiet_until text CHECK (quiet_until ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    language text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, advisor_key),
    FOREIGN KEY (tenant_id, advisor_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK (address IS NOT NULL OR NOT by_mail),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
-- Of each alert whether its owner was told; rows of one notice_id are one message, which keeps its id when it is sent again.
CREATE TABLE akademos.alert_deliveries (
    tenant_id text NOT NULL,
    alert_id text NOT NULL,
    advisor_key uuid NOT NULL,
    learner_key uuid NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'withheld', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    notice_id uuid,
    lease uuid,
    leased_until timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, alert_id, advisor_key),
    FOREIGN KEY (tenant_id, alert_id, learner_key) REFERENCES akademos.learner_alerts (tenant_id, alert_id, learner_key)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, advisor_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK ((settled_at IS NULL) = (state = 'pending'))
);
CREATE INDEX alert_deliveries_by_person ON akademos.alert_deliveries (tenant_id, learner_key);
CREATE INDEX alert_deliveries_waiting ON akademos.alert_deliveries (tenant_id, advisor_key, next_attempt_at)
    WHERE state = 'pending';
-- What interventions brought about, as published, and who was counted in it, so that a change of few is never published.
CREATE TABLE akademos.intervention_effects (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    kind text NOT NULL,
    trial text NOT NULL,
    published_at timestamptz NOT NULL,
    design text NOT NULL CHECK (design IN ('randomised', 'matched')),
    treated integer NOT NULL,
    comparison integer NOT NULL,
    effect double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    counted integer NOT NULL,
    withheld boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, kind, trial)
);
CREATE TABLE akademos.intervention_effect_members (
    tenant_id text NOT NULL,
    kind text NOT NULL,
    trial text NOT NULL,
    learner_key uuid NOT NULL,
    PRIMARY KEY (tenant_id, kind, trial, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['alert_settings', 'alert_deliveries', 'intervention_effects', 'intervention_effect_members'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.alert_settings, akademos.intervention_effects TO akademos_serving;

-- The catalogue shows what the builds of the warehouse found.
GRANT SELECT ON akademos.warehouse_checks TO akademos_serving;
-- What the cohort had taught by instants of the past, for answers about the past; written anew every night.
CREATE TABLE akademos.cohort_pasts (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    at timestamptz NOT NULL,
    version bigint NOT NULL,
    packed bytea NOT NULL,
    cohort_times bytea NOT NULL,
    PRIMARY KEY (tenant_id, at)
);
-- How the rows of a night compare with those that trained a version (`models.reference`).
CREATE TABLE akademos.model_watch (
    tenant_id text NOT NULL,
    model text NOT NULL,
    version bigint NOT NULL,
    watched_at timestamptz NOT NULL,
    learners integer NOT NULL,
    status text NOT NULL CHECK (status IN ('stable', 'watch', 'drifting', 'not_enough_data')),
    shift double precision CHECK (shift >= 0),
    figures jsonb NOT NULL,
    PRIMARY KEY (tenant_id, model, version, watched_at),
    FOREIGN KEY (tenant_id, model, version) REFERENCES akademos.models ON DELETE CASCADE
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['cohort_pasts', 'model_watch'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.model_watch TO akademos_serving;

-- Searches of the access log ----------------------------------------------------------------------------------------------

CREATE INDEX access_log_by_actor ON akademos.access_log (tenant_id, actor, access_id);
CREATE INDEX access_log_by_time ON akademos.access_log USING brin (at);
