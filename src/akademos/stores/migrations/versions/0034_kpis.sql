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
