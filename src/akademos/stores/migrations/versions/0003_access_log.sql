-- The access log by audit names. The old table, with people's keys in clear, is copied (0003_access_log.py) and dropped,
-- not altered: a dropped column leaves its bytes in the file.
DROP TABLE akademos.access_log;
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
ALTER TABLE akademos.access_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.access_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.access_log TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.access_log TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON akademos.access_log TO akademos_pipeline;
GRANT SELECT, INSERT ON akademos.access_log TO akademos_serving;

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
