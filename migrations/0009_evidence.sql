-- Evidence is kept once for all issues that have the same, of one run and the next.

CREATE TABLE _evidence (
  id   INTEGER PRIMARY KEY,
  json TEXT NOT NULL CHECK (json_valid(json))            -- JSON object
) STRICT;

INSERT INTO _evidence (json) SELECT DISTINCT evidence FROM _issues WHERE evidence IS NOT NULL;

CREATE TEMP TABLE evidence_of (json TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;

INSERT INTO evidence_of SELECT json, id FROM _evidence;

CREATE TEMP TABLE issues_before AS
SELECT i.run_id, i.rule_id, i.subject_id, i.severity, i.state, i.first_seen_epoch_ms, i.last_seen_epoch_ms, i.mute_id, e.id AS evidence_id
FROM _issues i LEFT JOIN evidence_of e ON e.json = i.evidence;

DROP TABLE _issues;

CREATE TABLE _issues (
  run_id       INTEGER NOT NULL,                         -- _runs
  rule_id      INTEGER NOT NULL,                         -- _rules
  subject_id   INTEGER NOT NULL,                         -- of a page _urls, of a host _hosts, of the site _sites
  severity     INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 5), -- 1 critical, 2 high, 3 medium, 4 low, 5 info
  state        INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),    -- 1 new, 2 ongoing, 3 regressed, 4 fixed
  first_seen_epoch_ms INTEGER NOT NULL,                  -- when the first run that had it began
  last_seen_epoch_ms  INTEGER NOT NULL,                  -- when the last run that had it began; an earlier one where this run did not look
  mute_id      INTEGER,                                  -- _mutes
  evidence_id  INTEGER,                                  -- _evidence; NULL where there is nothing to say
  PRIMARY KEY (run_id, rule_id, subject_id)
) STRICT, WITHOUT ROWID;

INSERT INTO _issues SELECT * FROM issues_before ORDER BY run_id, rule_id, subject_id;

DROP TABLE issues_before;

DROP TABLE evidence_of;
