-- Courses and paths say how long their certificates hold; it is part of what is published.
ALTER TABLE akademos.learning_courses ADD COLUMN certificate_valid_months integer CHECK (certificate_valid_months BETWEEN 1 AND 1200);
ALTER TABLE akademos.learning_paths ADD COLUMN certificate_valid_months integer CHECK (certificate_valid_months BETWEEN 1 AND 1200);
DROP TRIGGER record_kept ON akademos.learning_courses;
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_courses FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'title,starts_on,ends_on,description,objectives,audience,organisation_id,metadata,certificate_valid_months');
DROP TRIGGER record_kept ON akademos.learning_paths;
CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.learning_paths FOR EACH ROW EXECUTE FUNCTION akademos.keep_record('status', 'draft,in_review,published,archived', 'draft>in_review,draft>archived,in_review>published,in_review>draft,published>draft,published>archived,archived>draft', 'title,goal,audience,organisation_id,certificate_valid_months');
