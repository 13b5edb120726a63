-- From which share of the full mark an exam is passed.
ALTER TABLE akademos.exams ADD COLUMN pass_mark double precision CHECK (pass_mark BETWEEN 0 AND 1);
-- What a version of a model is, how good it is on learners who did not train it, and whether it serves.
ALTER TABLE akademos.models
    ADD COLUMN promoted_at timestamptz,
    ADD COLUMN seed bigint,
    ADD COLUMN data_hash bytea,
    ADD COLUMN learners_hash bytea,
    ADD COLUMN features text[] NOT NULL DEFAULT '{}',
    ADD COLUMN parameters jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN metrics jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN card jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN artefact bytea,
    ADD COLUMN artefact_hash bytea;
UPDATE akademos.models SET promoted_at = trained_at;
CREATE UNIQUE INDEX models_in_service ON akademos.models (tenant_id, model)
    WHERE promoted_at IS NOT NULL AND replaced_at IS NULL;
GRANT SELECT (tenant_id, model, version, trained_at, learners, rebuild_by, replaced_at, promoted_at, seed, data_hash,
    learners_hash, features, parameters, metrics, card, artefact, artefact_hash) ON akademos.models TO akademos_serving;
