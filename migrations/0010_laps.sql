-- How a run that is closed went, in laps of equal length, so that nobody has to go through
-- all of its visits to draw it. Derived, when the run closes.

CREATE TABLE _laps (
  run_id      INTEGER NOT NULL REFERENCES _runs (id),
  begins_ms   INTEGER NOT NULL,                          -- since the run began
  fetch_count INTEGER NOT NULL,                          -- targets that were asked for; laps without any have no row
  total_ms    INTEGER NOT NULL,                          -- their last attempts, together
  PRIMARY KEY (run_id, begins_ms)
) STRICT, WITHOUT ROWID;

-- There are 120 laps at most, and none is shorter than a second.
INSERT INTO _laps (run_id, begins_ms, fetch_count, total_ms)
WITH RECURSIVE steps (run_id, began, length, step) AS (
  SELECT id, round((julianday(started_at) - 2440587.5) * 86400000), (julianday(finished_at) - julianday(started_at)) * 86400000, 1000
  FROM _runs WHERE status IN ('finished', 'partial', 'stopped', 'failed') AND finished_at IS NOT NULL
  UNION ALL
  SELECT run_id, began, length, 2 * step FROM steps WHERE length >= 120 * step
)
SELECT v.run_id, CAST(max(v.fetched_epoch_ms - s.began, 0) AS INTEGER) / s.step * s.step, count(*), sum(coalesce(v.total_ms, 0))
FROM (SELECT run_id, began, max(step) AS step FROM steps GROUP BY run_id) s CROSS JOIN _visits v ON v.run_id = s.run_id
WHERE v.attempts > 0 AND v.fetched_epoch_ms IS NOT NULL
GROUP BY 1, 2;
