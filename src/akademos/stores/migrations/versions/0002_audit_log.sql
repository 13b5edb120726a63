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
