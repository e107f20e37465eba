-- When sites run again, and what became of each time.

CREATE TABLE _schedules (
  id           INTEGER PRIMARY KEY,
  site_id      INTEGER NOT NULL REFERENCES _sites (id),
  spec         TEXT NOT NULL,                            -- cron line, a word such as @daily, or "@every 6h"
  timezone     TEXT NOT NULL,                            -- IANA name
  is_paused    INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
  overlap      TEXT NOT NULL CHECK (overlap IN ('skip', 'queue', 'replace')),
  missed       TEXT NOT NULL CHECK (missed IN ('once', 'skip')),
  grace_ms     INTEGER NOT NULL,
  jitter_ms    INTEGER NOT NULL,
  next_slot_at TEXT,                                     -- the instant that the spec names next
  next_at      TEXT,                                     -- when that slot begins: with the schedule's part of the jitter
  created_at   TEXT NOT NULL
) STRICT;

CREATE INDEX _schedules_by_site ON _schedules (site_id);

-- Every time at which a run was to begin. A slot of a schedule is written once, in the
-- transaction that moves the schedule on, so no time comes twice.
CREATE TABLE _slots (
  id          INTEGER PRIMARY KEY,
  schedule_id INTEGER REFERENCES _schedules (id),        -- NULL: somebody asked for it
  site_id     INTEGER NOT NULL REFERENCES _sites (id),
  slot_at     TEXT NOT NULL,                             -- the instant it was for
  begins_at   TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'skipped')),
  reason      TEXT,                                      -- why it was skipped or waits, in words
  run_id      INTEGER REFERENCES _runs (id),
  is_resumed  INTEGER NOT NULL DEFAULT 0 CHECK (is_resumed IN (0, 1)), -- a crash cut the run and it was gone on with
  UNIQUE (schedule_id, slot_at)
) STRICT;

CREATE INDEX _slots_by_run ON _slots (run_id);
CREATE INDEX _slots_open ON _slots (state) WHERE state IN ('waiting', 'running');
CREATE INDEX _slots_by_site ON _slots (site_id, slot_at);
