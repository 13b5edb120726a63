-- When a stale state is to be computed: at once, or later where what happened may wait.
ALTER TABLE akademos.stale_learner_states ADD COLUMN due_at timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX stale_learner_states_due ON akademos.stale_learner_states (due_at);
