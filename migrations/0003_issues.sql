-- Issues: what rules say of a run, and what people want to hear no more of.

-- The rules as they were when a run was last analysed. The numbers stay with the names.
CREATE TABLE _rules (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,                       -- "title.missing"
  title      TEXT NOT NULL,
  severity   TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
  subject    TEXT NOT NULL CHECK (subject IN ('page', 'host', 'site')),
  why        TEXT NOT NULL,                              -- it matters, for the owner of a site
  fix        TEXT NOT NULL,
  thresholds TEXT NOT NULL CHECK (json_valid(thresholds)), -- JSON object: names and values
  sql        TEXT NOT NULL                               -- the file
) STRICT;

-- One row for each rule and subject that a run has an answer for. They may be many
-- millions, so what repeats is a small number.
CREATE TABLE _issues (
  run_id       INTEGER NOT NULL,                         -- _runs
  rule_id      INTEGER NOT NULL,                         -- _rules
  subject_id   INTEGER NOT NULL,                         -- of a page _urls, of a host _hosts, of the site _sites
  severity     INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 5), -- 1 critical, 2 high, 3 medium, 4 low, 5 info
  state        INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),    -- 1 new, 2 ongoing, 3 regressed, 4 fixed
  first_seen_epoch_ms INTEGER NOT NULL,                  -- when the first run that had it began
  last_seen_epoch_ms  INTEGER NOT NULL,                  -- when the last run that had it began; an earlier one where this run did not look
  mute_id      INTEGER,                                  -- _mutes
  evidence     TEXT CHECK (evidence IS NULL OR json_valid(evidence)),        -- JSON object; NULL where there is nothing to say
  PRIMARY KEY (run_id, rule_id, subject_id)
) STRICT, WITHOUT ROWID;

-- What is not to be told of until a day. It holds for all that agrees with what is
-- not NULL.
CREATE TABLE _mutes (
  id         INTEGER PRIMARY KEY,
  rule       TEXT NOT NULL,                              -- its name
  site_id    INTEGER REFERENCES _sites (id),
  subject_id INTEGER,                                    -- one subject of the rule
  url        TEXT,                                       -- of a page; a * at the end stands for any rest
  reason     TEXT NOT NULL,
  until_at   TEXT NOT NULL,                              -- UTC
  created_at TEXT NOT NULL
) STRICT;

-- Of issues that are neither fixed nor muted; NULL before the run is analysed.
ALTER TABLE _runs ADD COLUMN issue_count INTEGER;
