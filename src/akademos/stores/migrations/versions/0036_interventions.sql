-- Alerts have an owner, interventions a trial and an arm.
ALTER TABLE akademos.learner_alerts ADD COLUMN owner_key uuid;
ALTER TABLE akademos.learner_alerts ADD FOREIGN KEY (tenant_id, owner_key) REFERENCES akademos.people ON DELETE SET NULL (owner_key);
ALTER TABLE akademos.learner_interventions ADD COLUMN trial text;
ALTER TABLE akademos.learner_interventions ADD COLUMN arm text CHECK (arm IN ('treated', 'comparison'));
ALTER TABLE akademos.learner_interventions ADD COLUMN assignment text CHECK (assignment IN ('randomised', 'chosen'));
CREATE INDEX learner_alerts_by_owner_key ON akademos.learner_alerts (tenant_id, owner_key, alert_id);
CREATE INDEX learner_interventions_by_trial ON akademos.learner_interventions (tenant_id, trial, intervention_id);
CREATE INDEX learner_interventions_by_arm ON akademos.learner_interventions (tenant_id, arm, intervention_id);
-- Who is told of alerts by mail, and when not to; the address is sealed under the person's data key.
CREATE TABLE akademos.alert_settings (
    tenant_id text NOT NULL,
    advisor_key uuid NOT NULL,
    by_mail boolean NOT NULL,
    address bytea,
    time_zone text NOT NULL,
    quiet_from text CHECK (quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    quiet_until text CHECK (quiet_until ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    language text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, advisor_key),
    FOREIGN KEY (tenant_id, advisor_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK (address IS NOT NULL OR NOT by_mail),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
-- Of each alert whether its owner was told; rows of one notice_id are one message, which keeps its id when it is sent again.
CREATE TABLE akademos.alert_deliveries (
    tenant_id text NOT NULL,
    alert_id text NOT NULL,
    advisor_key uuid NOT NULL,
    learner_key uuid NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'withheld', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    notice_id uuid,
    lease uuid,
    leased_until timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, alert_id, advisor_key),
    FOREIGN KEY (tenant_id, alert_id, learner_key) REFERENCES akademos.learner_alerts (tenant_id, alert_id, learner_key)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, advisor_key) REFERENCES akademos.people ON DELETE CASCADE,
    CHECK ((settled_at IS NULL) = (state = 'pending'))
);
CREATE INDEX alert_deliveries_by_person ON akademos.alert_deliveries (tenant_id, learner_key);
CREATE INDEX alert_deliveries_waiting ON akademos.alert_deliveries (tenant_id, advisor_key, next_attempt_at)
    WHERE state = 'pending';
-- What interventions brought about, as published, and who was counted in it, so that a change of few is never published.
CREATE TABLE akademos.intervention_effects (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    kind text NOT NULL,
    trial text NOT NULL,
    published_at timestamptz NOT NULL,
    design text NOT NULL CHECK (design IN ('randomised', 'matched')),
    treated integer NOT NULL,
    comparison integer NOT NULL,
    effect double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    counted integer NOT NULL,
    withheld boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, kind, trial)
);
CREATE TABLE akademos.intervention_effect_members (
    tenant_id text NOT NULL,
    kind text NOT NULL,
    trial text NOT NULL,
    learner_key uuid NOT NULL,
    PRIMARY KEY (tenant_id, kind, trial, learner_key),
    FOREIGN KEY (tenant_id, learner_key) REFERENCES akademos.people ON DELETE CASCADE
);
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['alert_settings', 'alert_deliveries', 'intervention_effects', 'intervention_effect_members'] LOOP
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
GRANT SELECT ON akademos.alert_settings, akademos.intervention_effects TO akademos_serving;
