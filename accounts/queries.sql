-- Questions in SQL that somebody kept for everybody.

CREATE TABLE queries (
  name     TEXT PRIMARY KEY,
  sql      TEXT NOT NULL,
  saved_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
