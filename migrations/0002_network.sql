-- The network side: what names resolve to, which ports are open and who answers there,
-- and which certificates are shown.
--
-- A row is a fact and the time in which it was seen to hold. Asking again and finding
-- the same moves last_seen_at; finding something else ends the row (current = 0) and
-- begins another, so what does not change costs one row for years. A value that comes
-- back after it had gone is a new row. What was not asked again stays as it is.

CREATE TABLE _dns_records (
  id            INTEGER PRIMARY KEY,
  host_id       INTEGER NOT NULL REFERENCES _hosts (id), -- that was asked for
  resolver      TEXT NOT NULL,                           -- who answered: resolvers may disagree
  name          TEXT NOT NULL,                           -- whose record it is: the host, or one that a CNAME led to
  type          TEXT NOT NULL,                           -- of the record, of the question where there is none
  value         TEXT,                                    -- NULL where there is no record of the type
  ttl           INTEGER,                                 -- seconds; the longest seen, since caches count down
  rcode         TEXT,                                    -- NULL where no answer came
  failure       TEXT,
  detail        TEXT,
  flags         TEXT,                                    -- of the last answer, separated by blanks
  rtt_ms        REAL,                                    -- of the last answer
  first_seen_at TEXT NOT NULL,
  last_seen_at  TEXT NOT NULL,
  current       INTEGER NOT NULL CHECK (current IN (0, 1))
) STRICT;

CREATE INDEX _dns_records_by_host ON _dns_records (host_id, resolver);

-- Ports that are open or were, and those that a probe of few ports asked for: a scan
-- writes no row for each of thousands of ports that are closed or filtered and always
-- were. A port without a row in a range that was scanned was not open.
CREATE TABLE _ports (
  id            INTEGER PRIMARY KEY,
  host_id       INTEGER NOT NULL REFERENCES _hosts (id),
  address       TEXT NOT NULL,
  protocol      TEXT NOT NULL CHECK (protocol IN ('tcp', 'udp')),
  port          INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),
  state         TEXT NOT NULL CHECK (state IN ('open', 'closed', 'filtered')),
  reason        TEXT NOT NULL,                           -- of the last asking, as all that does not begin a new row
  rtt_ms        REAL,
  service       TEXT,                                    -- a change of service, product, version or TLS begins a new row
  product       TEXT,
  version       TEXT,
  tls           INTEGER CHECK (tls IS NULL OR tls IN (0, 1)),           -- NULL where nobody asked who answers
  starttls      INTEGER CHECK (starttls IS NULL OR starttls IN (0, 1)),
  banner        TEXT,
  facts         TEXT CHECK (facts IS NULL OR json_valid(facts)),          -- JSON array of {name, value}
  first_seen_at TEXT NOT NULL,
  last_seen_at  TEXT NOT NULL,
  current       INTEGER NOT NULL CHECK (current IN (0, 1))
) STRICT;

CREATE INDEX _ports_by_host ON _ports (host_id, address);

-- Where a certificate was seen. A change of the certificate, or of the verdict on it,
-- begins a new row.
CREATE TABLE _certificate_sightings (
  id             INTEGER PRIMARY KEY,
  host_id        INTEGER NOT NULL REFERENCES _hosts (id),
  address        TEXT NOT NULL,
  port           INTEGER NOT NULL,
  certificate_id INTEGER NOT NULL REFERENCES _certificates (id),
  verify_error   TEXT,                                   -- NULL when it verifies
  tls_version    TEXT,                                   -- of the last connection, as all below
  cipher         TEXT,
  alpn           TEXT,
  facts          TEXT CHECK (facts IS NULL OR json_valid(facts)),         -- JSON object of what a probe learned
  first_seen_at  TEXT NOT NULL,
  last_seen_at   TEXT NOT NULL,
  current        INTEGER NOT NULL CHECK (current IN (0, 1))
) STRICT;

CREATE INDEX _certificate_sightings_by_host ON _certificate_sightings (host_id, port);

-- The verdict on the certificate of a connection: it changes while the certificate
-- stays the same, as when its time ends.
ALTER TABLE _connections ADD COLUMN verify_error TEXT;

UPDATE _connections SET verify_error = (SELECT verify_error FROM _certificates x WHERE x.id = certificate_id);

INSERT INTO _certificate_sightings (host_id, address, port, certificate_id, verify_error, tls_version, cipher, alpn, first_seen_at, last_seen_at, current)
SELECT c.host_id, c.remote_ip, c.port, c.certificate_id, c.verify_error, c.tls_version, c.cipher, c.alpn, min(c.first_seen_at), max(h.last_seen_at), 1
FROM _connections c JOIN _hosts h ON h.id = c.host_id
WHERE c.certificate_id IS NOT NULL
GROUP BY c.host_id, c.remote_ip, c.port, c.certificate_id;

INSERT INTO _ports (host_id, address, protocol, port, state, reason, first_seen_at, last_seen_at, current)
SELECT c.host_id, c.remote_ip, 'tcp', c.port, 'open', 'accept', min(c.first_seen_at), max(h.last_seen_at), 1
FROM _connections c JOIN _hosts h ON h.id = c.host_id
GROUP BY c.host_id, c.remote_ip, c.port;
