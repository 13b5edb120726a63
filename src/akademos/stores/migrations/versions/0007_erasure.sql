-- Erasure: requests and their receipts, the suppression list, legal holds, and who trained which model.
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
    PRIMARY KEY (tenant_id, model, version)
);

ALTER TABLE akademos.movements DROP CONSTRAINT movements_kind_check;
ALTER TABLE akademos.movements ADD CONSTRAINT movements_kind_check CHECK (kind IN ('moved', 'imported', 'released',
    'late_duplicate', 'withdrawn', 'withdrawn_held', 'expired_held', 'expired_retention', 'expired_log', 'erased',
    'erased_held'));

-- Append-only tables change in two ways only, both by functions of their owner that say so: a person's key gives way to
-- a name that nobody can resolve, and rows go whose retention has ended.
CREATE OR REPLACE FUNCTION akademos.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP <> 'TRUNCATE' AND current_setting('akademos.upkeep', true) = TG_TABLE_NAME THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
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
    FOREACH t IN ARRAY ARRAY['erasures', 'suppressions', 'legal_holds', 'held_records', 'models'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
