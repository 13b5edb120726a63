-- Students in focus: the weekly estimate of risk of each learner and course, with its reasons.
CREATE TABLE akademos.risk_scores (
    tenant_id text NOT NULL,
    learner_key uuid NOT NULL,
    course_id text NOT NULL,
    as_of date NOT NULL,
    computed_at timestamptz NOT NULL,
    course_day integer NOT NULL,
    basis text NOT NULL CHECK (basis IN ('model', 'rule')),
    model_version bigint,
    risk double precision CHECK (risk BETWEEN 0 AND 1),
    level text NOT NULL CHECK (level IN ('high', 'raised', 'low')),
    reasons jsonb NOT NULL,
    effects jsonb NOT NULL,
    previous_risk double precision,
    changed jsonb NOT NULL,
    PRIMARY KEY (tenant_id, learner_key, course_id, as_of),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK ((basis = 'model') = (risk IS NOT NULL AND model_version IS NOT NULL))
);
CREATE INDEX risk_scores_by_week ON akademos.risk_scores (tenant_id, as_of);
ALTER TABLE akademos.risk_scores ENABLE ROW LEVEL SECURITY;
ALTER TABLE akademos.risk_scores FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON akademos.risk_scores TO akademos_serving
    USING (tenant_id = (SELECT current_setting('akademos.tenant', true)));
CREATE POLICY pipeline ON akademos.risk_scores TO akademos_pipeline USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.risk_scores TO akademos_pipeline;
GRANT SELECT ON akademos.risk_scores TO akademos_serving;
