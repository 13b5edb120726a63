-- How many lines of a process's log still waited after a hand-over, and how old its oldest line was. Of hand-overs of before is
-- known only what they leave over.
ALTER TABLE akademos.ops_log_loads
    ADD COLUMN waiting bigint NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    ADD COLUMN oldest_at timestamptz;
ALTER TABLE akademos.ops_log_loads NO FORCE ROW LEVEL SECURITY;
UPDATE akademos.ops_log_loads l SET waiting = greatest(reckoned.left_over, 0)
FROM (
    SELECT load_id, sum(offered - kept - lost) OVER (PARTITION BY instance ORDER BY loaded_at, load_id) AS left_over
    FROM akademos.ops_log_loads
) AS reckoned WHERE reckoned.load_id = l.load_id;
ALTER TABLE akademos.ops_log_loads FORCE ROW LEVEL SECURITY;
ALTER TABLE akademos.ops_log_loads ALTER COLUMN waiting DROP DEFAULT;
