-- Rows of the chained logs go through `expire_logs` only.
CREATE OR REPLACE FUNCTION akademos.expire_rows(tenant text, relation name, time_column name, kept_for interval, kept_keys uuid[])
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
