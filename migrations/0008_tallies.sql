-- What a run adds up to, so that nobody has to go through all of it to say so. Derived:
-- the first when a run closes, the others when it is analysed or something is muted.

CREATE TABLE _outcome_counts (
  run_id    INTEGER NOT NULL REFERENCES _runs (id),      -- a run that is closed
  used_for  TEXT NOT NULL,                               -- these five as in _visits
  outcome   TEXT NOT NULL,
  failure   TEXT,
  reason    TEXT,
  status    INTEGER,
  url_count INTEGER NOT NULL
) STRICT;

CREATE INDEX _outcome_counts_by_run ON _outcome_counts (run_id);

CREATE TABLE _issue_counts (
  run_id      INTEGER NOT NULL REFERENCES _runs (id),
  rule_id     INTEGER NOT NULL REFERENCES _rules (id),
  severity    INTEGER NOT NULL,                          -- these three as in _issues
  state       INTEGER NOT NULL,
  mute_id     INTEGER,
  issue_count INTEGER NOT NULL
) STRICT;

CREATE INDEX _issue_counts_by_run ON _issue_counts (run_id, rule_id);

-- Pages by the gravest of their issues that are open.
CREATE TABLE _worst_counts (
  run_id     INTEGER NOT NULL REFERENCES _runs (id),
  severity   INTEGER NOT NULL,
  page_count INTEGER NOT NULL,
  PRIMARY KEY (run_id, severity)
) STRICT, WITHOUT ROWID;

INSERT INTO _outcome_counts
SELECT v.run_id, v.used_for, v.outcome, v.failure, v.reason, v.status, count(*)
FROM _runs r JOIN _visits v ON v.run_id = r.id WHERE r.status IN ('finished', 'partial', 'stopped', 'failed') GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO _issue_counts
SELECT run_id, rule_id, severity, state, mute_id, count(*) FROM _issues GROUP BY 1, 2, 3, 4, 5;
