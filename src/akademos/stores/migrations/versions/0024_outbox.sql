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
