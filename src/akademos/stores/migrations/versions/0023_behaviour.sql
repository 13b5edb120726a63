-- Behaviour of records: how items are scored, reviews one by one, serials and revocations of certificates.
ALTER TABLE akademos.items ADD COLUMN answer_key jsonb;
DROP TRIGGER record_kept ON akademos.items;
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.items FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'course_id,topic_ids,kind,stem,options,secure,answer_key');
DROP TRIGGER record_kept ON akademos.learning_exercise_submissions;
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_exercise_submissions FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,submitted,reviewed,returned,withdrawn', 'draft>submitted,draft>withdrawn,submitted>reviewed,submitted>second_review,submitted>returned,second_review>reviewed,second_review>returned,returned>submitted,returned>withdrawn,reviewed>second_review', '');
CREATE TABLE akademos.learning_exercise_reviews (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    submission_id text NOT NULL,
    round integer NOT NULL CHECK (round BETWEEN 1 AND 100),
    learner_key uuid NOT NULL,
    course_id text,
    reviewer_key uuid,
    rubric_scores jsonb,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    feedback text,
    source_reference text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, submission_id, round),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, reviewer_key) REFERENCES akademos.people ON DELETE SET NULL (reviewer_key)
);
ALTER TABLE akademos.learning_exercise_reviews ADD FOREIGN KEY (tenant_id, submission_id) REFERENCES akademos.learning_exercise_submissions (tenant_id, submission_id) ON DELETE CASCADE;
ALTER TABLE akademos.learning_exercise_reviews ADD FOREIGN KEY (tenant_id, course_id) REFERENCES akademos.learning_courses (tenant_id, course_id);
CREATE INDEX learning_exercise_reviews_by_learner_key ON akademos.learning_exercise_reviews (tenant_id, learner_key, submission_id, round);
CREATE INDEX learning_exercise_reviews_by_course_id ON akademos.learning_exercise_reviews (tenant_id, course_id, submission_id, round);
CREATE INDEX learning_exercise_reviews_by_reviewer_key ON akademos.learning_exercise_reviews (tenant_id, reviewer_key, submission_id, round);
CREATE INDEX learning_exercise_reviews_by_creation ON akademos.learning_exercise_reviews (tenant_id, created_at);
CREATE INDEX learning_exercise_reviews_by_update ON akademos.learning_exercise_reviews (tenant_id, updated_at);
CREATE INDEX learning_exercise_reviews_by_source ON akademos.learning_exercise_reviews (tenant_id, source_reference) WHERE source_reference IS NOT NULL;
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_exercise_reviews FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('', '', '', '');
CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.learning_exercise_reviews FOR EACH ROW EXECUTE FUNCTION akademos.note_change('submission_id,round', 'feedback', 'learner_key');
-- Certificates: serials, and which are revoked, for good and without a name.
CREATE TABLE akademos.certificate_serials (
    tenant_id text PRIMARY KEY REFERENCES akademos.tenants,
    last bigint NOT NULL
);
CREATE TABLE akademos.certificate_revocations (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    serial bigint NOT NULL,
    revoked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, serial)
);
-- Whoever checks a code does not say which tenant's it is.
CREATE INDEX learning_certificates_by_code ON akademos.learning_certificates (verification_code)
    WHERE verification_code IS NOT NULL;
CREATE FUNCTION akademos.note_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number ~ '^[0-9]{4}-[0-9]{6,}-[0-9A-Z]$' THEN
        INSERT INTO akademos.certificate_revocations (tenant_id, serial)
        VALUES (NEW.tenant_id, split_part(NEW.number, '-', 2)::bigint) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_revoked AFTER INSERT OR UPDATE ON akademos.learning_certificates
    FOR EACH ROW WHEN (NEW.status = 'revoked') EXECUTE FUNCTION akademos.note_revocation();
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['learning_exercise_reviews', 'certificate_serials', 'certificate_revocations'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.learning_exercise_reviews, akademos.certificate_revocations TO akademos_serving;
REVOKE UPDATE, DELETE ON akademos.certificate_revocations FROM akademos_pipeline;
