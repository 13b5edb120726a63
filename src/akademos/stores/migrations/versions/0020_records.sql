-- Learning records: what stands gets its life cycle, version and history; the other tables of the domain come in.
DROP INDEX akademos.enrolments_by_course;
DROP INDEX akademos.advisee_assignments_by_learner;
ALTER TABLE akademos.advisee_assignments
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.learning_courses
    ADD COLUMN description text,
    ADD COLUMN objectives jsonb,
    ADD COLUMN audience text,
    ADD COLUMN organisation_id text,
    ADD COLUMN metadata jsonb,
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN published_at timestamptz;
ALTER TABLE akademos.topics
    ADD COLUMN description text,
    ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.exams
    ADD COLUMN held_on date,
    ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.staff_assignments
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.topic_relationships
    ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.items
    ADD COLUMN kind text,
    ADD COLUMN stem text,
    ADD COLUMN options jsonb,
    ADD COLUMN secure boolean,
    ADD COLUMN status text NOT NULL DEFAULT 'published' CHECK (status IN ('draft', 'in_review', 'published', 'archived')),
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN published_at timestamptz;
ALTER TABLE akademos.materials
    ADD COLUMN reference text,
    ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.exam_weights
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.learner_targets
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE akademos.enrolments
    ADD COLUMN offering_id text,
    ADD COLUMN section_id text,
    ADD COLUMN programme_id text,
    ADD COLUMN resit integer CHECK (resit BETWEEN 0 AND 100),
    ADD COLUMN completed_on date,
    ADD COLUMN grade text,
    ADD COLUMN source_reference text,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
-- The tables are walled for their owner too: rows are the pipeline's to change.
SET ROLE akademos_pipeline;
UPDATE akademos.learning_courses SET published_at = now() WHERE status = 'published';
UPDATE akademos.items SET published_at = now() WHERE status = 'published';
RESET ROLE;

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
    PRIMARY KEY (tenant_id, alert_id),
    UNIQUE (tenant_id, alert_id, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, handler_key) REFERENCES akademos.people ON DELETE SET NULL (handler_key)
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
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_courses FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'title,starts_on,ends_on,description,objectives,audience,organisation_id,metadata');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_courses FOR EACH ROW EXECUTE FUNCTION akademos.note_change('course_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.learning_courses DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('course_id', 'learning_modules,learning_lessons,learning_video_lessons,learning_interactive_lessons', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_paths FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'title,goal,audience,organisation_id');
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
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.items FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'course_id,topic_ids,kind,stem,options,secure');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.items FOR EACH ROW EXECUTE FUNCTION akademos.note_change('question_id', '', '');
CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION akademos.keep_content('question_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.materials FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'active,archived', 'active>archived,archived>active', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.materials FOR EACH ROW EXECUTE FUNCTION akademos.note_change('material_id', '', '');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_knowledge_gaps FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'open,in_progress,closed,dismissed', 'open>in_progress,open>closed,open>dismissed,in_progress>closed,in_progress>dismissed,closed>open,dismissed>open', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_knowledge_gaps FOR EACH ROW EXECUTE FUNCTION akademos.note_change('gap_id', '', 'learner_key');
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_recommendations FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'proposed,shown,accepted,dismissed,completed,expired', 'proposed>shown,proposed>dismissed,proposed>expired,shown>accepted,shown>dismissed,shown>expired,accepted>completed,accepted>dismissed,accepted>expired', '');
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
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_exercise_submissions FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,submitted,reviewed,returned,withdrawn', 'draft>submitted,draft>withdrawn,submitted>reviewed,submitted>second_review,submitted>returned,second_review>reviewed,second_review>returned,returned>submitted,returned>withdrawn', '');
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
SET ROLE akademos_pipeline;
INSERT INTO akademos.content_versions (tenant_id, record, key, revision, published_at, content)
SELECT tenant_id, 'learning_courses', course_id, revision, published_at, to_jsonb(w) - 'tenant_id'
FROM akademos.learning_courses AS w WHERE published_at IS NOT NULL;
INSERT INTO akademos.content_versions (tenant_id, record, key, revision, published_at, content)
SELECT tenant_id, 'items', question_id, revision, published_at, to_jsonb(w) - 'tenant_id'
FROM akademos.items AS w WHERE published_at IS NOT NULL;
RESET ROLE;
