-- What must not stand in the data file. Instants are UTC, "2026-11-22T09:34:26.123Z".

CREATE TABLE users (
  name       TEXT PRIMARY KEY,
  role       TEXT NOT NULL CHECK (role IN ('admin', 'viewer')),
  password   TEXT NOT NULL,                              -- argon2id, in the PHC form
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  digest       BLOB PRIMARY KEY,                         -- SHA-256 of what the cookie holds
  user         TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  created_at   TEXT NOT NULL,
  last_used_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  id           INTEGER PRIMARY KEY,
  digest       BLOB NOT NULL UNIQUE,                     -- SHA-256 of the token
  name         TEXT NOT NULL,
  role         TEXT NOT NULL CHECK (role IN ('admin', 'viewer')),
  created_at   TEXT NOT NULL,
  expires_at   TEXT NOT NULL,                            -- '' for never
  last_used_at TEXT NOT NULL                             -- '' for never
) STRICT;

CREATE TABLE setups (
  digest     BLOB PRIMARY KEY,                           -- SHA-256 of what the link holds
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
  id      INTEGER PRIMARY KEY,
  at      TEXT NOT NULL,
  who     TEXT NOT NULL,
  what    TEXT NOT NULL,
  subject TEXT NOT NULL
) STRICT;
