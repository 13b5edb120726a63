-- Students in focus of courses without dates: estimates by the hazard of leaving stand beside those by the course's dates.
ALTER TABLE akademos.risk_scores
    DROP CONSTRAINT risk_scores_basis_check,
    DROP CONSTRAINT risk_scores_check,
    ADD CONSTRAINT risk_scores_basis_check CHECK (basis IN ('model', 'hazard', 'rule')),
    ADD CONSTRAINT risk_scores_check CHECK ((basis <> 'rule') = (risk IS NOT NULL AND model_version IS NOT NULL));
