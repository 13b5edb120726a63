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
    CHECK (received = accepted + held + duplicate + conflict + suppressed + rejected)
);
CREATE INDEX receipts_by_tenant ON akademos.receipts (tenant_id, received_at);

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
    PRIMARY KEY (tenant_id, course_id)
);
CREATE TABLE akademos.topics (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    topic_id text NOT NULL,
    parent_id text,
    course_id text,
    name text NOT NULL,
    position integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, topic_id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES akademos.topics DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE akademos.topic_relationships (
    tenant_id text NOT NULL,
    from_topic text NOT NULL,
    to_topic text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('prerequisite', 'related')),
    PRIMARY KEY (tenant_id, from_topic, to_topic, kind),
    FOREIGN KEY (tenant_id, from_topic) REFERENCES akademos.topics ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, to_topic) REFERENCES akademos.topics ON DELETE CASCADE,
    CHECK (from_topic <> to_topic)
);
CREATE TABLE akademos.items (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    question_id text NOT NULL,
    course_id text,
    topic_ids text[] NOT NULL,
    PRIMARY KEY (tenant_id, question_id)
);
CREATE TABLE akademos.materials (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    material_id text NOT NULL,
    course_id text,
    kind text NOT NULL,
    title text NOT NULL,
    topic_ids text[] NOT NULL,
    PRIMARY KEY (tenant_id, material_id)
);
CREATE TABLE akademos.enrolments (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    registered_on date,
    withdrawn_on date,
    PRIMARY KEY (tenant_id, learner_key, course_id),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses
);
CREATE INDEX enrolments_by_course ON akademos.enrolments (tenant_id, course_id);
CREATE TABLE akademos.staff_assignments (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    role text NOT NULL CHECK (role IN ('instructor', 'advisor')),
    PRIMARY KEY (tenant_id, learner_key, course_id, role),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses
);
COMMENT ON COLUMN akademos.staff_assignments.learner_key IS 'key of the member of staff in people';
CREATE TABLE akademos.exams (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    exam_id text NOT NULL,
    course_id text,
    name text NOT NULL,
    pass_mark double precision CHECK (pass_mark BETWEEN 0 AND 1),
    PRIMARY KEY (tenant_id, exam_id)
);
CREATE TABLE akademos.exam_weights (
    tenant_id text NOT NULL,
    exam_id text NOT NULL,
    topic_id text NOT NULL,
    section text NOT NULL DEFAULT '',
    weight double precision NOT NULL CHECK (weight BETWEEN 0 AND 10),
    PRIMARY KEY (tenant_id, exam_id, section, topic_id),
    FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams,
    FOREIGN KEY (tenant_id, topic_id) REFERENCES akademos.topics ON DELETE CASCADE
);
CREATE TABLE akademos.learner_targets (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    exam_id text NOT NULL,
    target_date date,
    PRIMARY KEY (tenant_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, exam_id) REFERENCES akademos.exams
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
    PRIMARY KEY (tenant_id, learner_key)
);
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
