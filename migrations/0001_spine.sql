-- The spine: sites, runs, the frontier, visits, page facts, links and bodies.
--
-- Tables whose name begins with _ are Sonde's own and may change from one version
-- to the next. What is promised are the views without it (see views.sql).
--
-- Instants that people read are text in UTC ("2026-11-22T09:34:26.123Z", in columns
-- ending in _at); in the tables with a row per visit they are milliseconds since
-- 1970 (in columns ending in _epoch_ms), to keep a recrawl small.

CREATE TABLE _meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE _sites (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  seeds       TEXT NOT NULL CHECK (json_valid(seeds)),   -- JSON array of canonical URLs
  policy      TEXT NOT NULL CHECK (json_valid(policy)),
  last_run_id INTEGER REFERENCES _runs (id),             -- the run that the short views answer for
  created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE _runs (
  id              INTEGER PRIMARY KEY,
  site_id         INTEGER NOT NULL REFERENCES _sites (id),
  previous_run_id INTEGER REFERENCES _runs (id),         -- the last finished run of the site before this one
  status          TEXT NOT NULL CHECK (status IN ('running', 'finished', 'partial', 'stopped', 'interrupted', 'failed')),
  trigger         TEXT NOT NULL CHECK (trigger IN ('manual', 'schedule')),
  reason          TEXT,                                  -- why it ended, in words
  policy          TEXT NOT NULL CHECK (json_valid(policy)),
  started_at      TEXT NOT NULL,
  finished_at     TEXT,
  found_count     INTEGER NOT NULL DEFAULT 0,            -- URLs the frontier learned of
  page_count      INTEGER NOT NULL DEFAULT 0,            -- targets that gave an answer
  failure_count   INTEGER NOT NULL DEFAULT 0,            -- targets whose attempt failed
  wire_bytes      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX _runs_by_site ON _runs (site_id);

CREATE TABLE _hosts (
  id                 INTEGER PRIMARY KEY,
  name               TEXT NOT NULL UNIQUE,               -- lower case, ASCII
  registrable_domain TEXT NOT NULL,                      -- by the public suffix list
  first_seen_at      TEXT NOT NULL,
  last_seen_at       TEXT NOT NULL                       -- when a run last asked it
) STRICT;

CREATE TABLE _site_hosts (
  site_id INTEGER NOT NULL REFERENCES _sites (id),
  host_id INTEGER NOT NULL REFERENCES _hosts (id),
  PRIMARY KEY (site_id, host_id)
) STRICT, WITHOUT ROWID;

-- Places that answer HTTP, and what is remembered of each across runs: its robots.txt
-- and its pace.
CREATE TABLE _origins (
  id                INTEGER PRIMARY KEY,
  host_id           INTEGER NOT NULL REFERENCES _hosts (id),
  origin            TEXT NOT NULL UNIQUE,                -- "https://example.org:8443", the port only where it is not the scheme's own
  robots_status     INTEGER,
  robots_failure    TEXT,
  robots_url        TEXT,                                -- after redirects
  robots_body       BLOB,
  robots_truncated  INTEGER,
  robots_fetched_at TEXT,
  not_before_at     TEXT,                                -- no request before
  parallel_limit    INTEGER,
  penalty_ms        INTEGER,
  failure_streak    INTEGER,
  latency_ms        REAL,
  latency_best_ms   REAL
) STRICT;

CREATE TABLE _urls (
  id        INTEGER PRIMARY KEY,
  origin_id INTEGER REFERENCES _origins (id),            -- NULL where the text is no http URL
  url       TEXT NOT NULL UNIQUE                         -- canonical
) STRICT;

-- Short texts that many rows share: anchors, fragments, header sets. The writer
-- finds most repetitions again; a text that stands here twice does no harm.
CREATE TABLE _texts (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

-- How an answer came: one row per combination that was seen.
CREATE TABLE _connections (
  id             INTEGER PRIMARY KEY,
  host_id        INTEGER NOT NULL REFERENCES _hosts (id),
  remote_ip      TEXT NOT NULL,
  port           INTEGER NOT NULL,
  http_version   TEXT NOT NULL,
  tls_version    TEXT,
  cipher         TEXT,
  alpn           TEXT,
  certificate_id INTEGER REFERENCES _certificates (id),
  first_seen_at  TEXT NOT NULL
) STRICT;

CREATE INDEX _connections_by_host ON _connections (host_id);

CREATE TABLE _certificates (
  id           INTEGER PRIMARY KEY,
  sha256       BLOB NOT NULL UNIQUE,
  subject      TEXT NOT NULL,
  issuer       TEXT NOT NULL,
  sans         TEXT NOT NULL CHECK (json_valid(sans)),   -- JSON array
  not_before   TEXT NOT NULL,
  not_after    TEXT NOT NULL,
  key          TEXT NOT NULL,
  signature    TEXT NOT NULL,
  verify_error TEXT                                      -- as it was when first seen
) STRICT;

-- What one answer of one URL said. A recrawl that finds the same (by digest, which
-- covers status, facts, stable headers, body and links) points here again.
CREATE TABLE _facts (
  id                INTEGER PRIMARY KEY,
  url_id            INTEGER NOT NULL REFERENCES _urls (id),
  digest            INTEGER NOT NULL,                    -- first 64 bits of a SHA-256
  content_type      TEXT,
  charset           TEXT,
  charset_source    TEXT,
  etag              TEXT,
  last_modified     TEXT,
  headers_id        INTEGER REFERENCES _texts (id),      -- JSON array of [name, value]
  body_bytes        INTEGER,                             -- decoded
  body_sha256       BLOB,                                -- of the decoded bytes; where the body is cut, of the part that was kept
  truncated         INTEGER NOT NULL DEFAULT 0 CHECK (truncated IN (0, 1)),
  index_reason      TEXT,
  title             TEXT,
  title_count       INTEGER,
  title_in_body     INTEGER,
  description       TEXT,
  description_count INTEGER,
  h1                TEXT,                                -- the first
  h1_count          INTEGER,
  headings          TEXT,                                -- JSON array of [level, text]
  heading_skip      INTEGER,
  lang              TEXT,
  viewport          TEXT,
  canonical_id      INTEGER REFERENCES _urls (id),       -- the first that parses
  canonicals        TEXT,                                -- JSON, where there is more to say than canonical_id
  robots            TEXT,                                -- JSON array of directive lists
  refresh           TEXT,                                -- JSON
  alternates        TEXT,                                -- JSON array of hreflang
  open_graph        TEXT,                                -- JSON array of [name, value]
  schema_types      TEXT,                                -- JSON array
  schema_bad_count  INTEGER,
  word_count        INTEGER,
  text_hash         INTEGER,
  simhash           INTEGER,
  link_count        INTEGER,
  image_count       INTEGER,
  image_no_alt_count INTEGER,
  form_count        INTEGER,
  insecure_form_count INTEGER,
  script_count      INTEGER,
  inline_script_count INTEGER,
  style_count       INTEGER,
  element_count     INTEGER,
  element_depth     INTEGER,
  head_closed_by    TEXT,
  parse_mode        TEXT,
  fragments         BLOB                                 -- the ids that #fragments can point to, packed (store/ids.go); NULL where they are not known
) STRICT;

CREATE UNIQUE INDEX _facts_by_url ON _facts (url_id, digest);

-- Links are kept in blocks: short runs of links that follow each other on a page. Pages
-- of a site share much of their navigation, so a block that was seen before is stored
-- once. _links_by_target and _link_lists_by_block are made when a run closes (see
-- store), not here.
CREATE TABLE _links (
  block_id  INTEGER NOT NULL,
  place     INTEGER NOT NULL,                            -- in the block, from 0
  target_id INTEGER NOT NULL,                            -- _urls
  label_id  INTEGER NOT NULL,                            -- _link_labels
  PRIMARY KEY (block_id, place)
) STRICT, WITHOUT ROWID;

-- Which blocks make up the links of a page.
CREATE TABLE _link_lists (
  facts_id INTEGER NOT NULL,
  place    INTEGER NOT NULL,                             -- of the block on the page, from 0
  block_id INTEGER NOT NULL,
  PRIMARY KEY (facts_id, place)
) STRICT, WITHOUT ROWID;

-- What a link says besides where it leads.
CREATE TABLE _link_labels (
  id          INTEGER PRIMARY KEY,
  shape_id    INTEGER NOT NULL,                          -- _link_shapes
  anchor_id   INTEGER,                                   -- _texts
  fragment_id INTEGER,                                   -- _texts
  original_id INTEGER                                    -- _texts: the URL before canonical form changed it
) STRICT;

CREATE TABLE _link_shapes (
  id       INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL,
  rel      TEXT NOT NULL,
  position TEXT NOT NULL,
  internal INTEGER NOT NULL CHECK (internal IN (0, 1)),
  nofollow INTEGER NOT NULL CHECK (nofollow IN (0, 1)),
  UNIQUE (kind, rel, position, internal, nofollow)
) STRICT;

-- Bodies, once per content, compressed with zlib: the sqlite3 shell reads them with
-- sqlar_uncompress(data, body_bytes), Python with zlib.decompress(data).
CREATE TABLE _bodies (
  id         INTEGER PRIMARY KEY,
  sha256     BLOB NOT NULL UNIQUE,                       -- of the decoded bytes
  body_bytes INTEGER NOT NULL,                           -- decoded
  data       BLOB NOT NULL
) STRICT;

-- Every URL that a run learned of, and how it ended: one row per URL and run, with
-- outcome 'pending' until it is visited.
CREATE TABLE _visits (
  run_id           INTEGER NOT NULL REFERENCES _runs (id),
  url_id           INTEGER NOT NULL REFERENCES _urls (id),
  outcome          TEXT NOT NULL,
  used_for         TEXT NOT NULL,
  found_by         TEXT NOT NULL,
  depth            INTEGER NOT NULL,
  found_on_id      INTEGER REFERENCES _urls (id),
  reason           TEXT,
  status           INTEGER,
  failure          TEXT,
  detail_id        INTEGER REFERENCES _texts (id),
  redirect_to_id   INTEGER REFERENCES _urls (id),
  facts_id         INTEGER REFERENCES _facts (id),
  connection_id    INTEGER REFERENCES _connections (id),
  attempts         INTEGER,
  not_modified     INTEGER,
  wire_bytes       INTEGER,
  dns_ms           INTEGER,
  connect_ms       INTEGER,
  tls_ms           INTEGER,
  ttfb_ms          INTEGER,
  total_ms         INTEGER,
  fetched_epoch_ms INTEGER,
  PRIMARY KEY (run_id, url_id)
) STRICT, WITHOUT ROWID;

-- The pending URLs in the order in which those of an origin go out. They leave it as
-- they are visited.
CREATE TABLE _frontier (
  run_id    INTEGER NOT NULL REFERENCES _runs (id),
  origin_id INTEGER NOT NULL REFERENCES _origins (id),
  rank      INTEGER NOT NULL,                            -- lowest first: deaths, use, depth
  url_id    INTEGER NOT NULL REFERENCES _urls (id),
  hops      INTEGER NOT NULL,                            -- redirects followed in a row to get here
  chain     INTEGER NOT NULL,                            -- ancestors in a row of the same path shape
  deaths    INTEGER NOT NULL,                            -- processes that died while it was out
  PRIMARY KEY (run_id, origin_id, rank, url_id)
) STRICT, WITHOUT ROWID;

-- What is out: handed to the crawler and not yet recorded. Rows that a new process
-- finds here were out when the one before died.
CREATE TABLE _leases (
  run_id    INTEGER NOT NULL REFERENCES _runs (id),
  origin_id INTEGER NOT NULL,
  rank      INTEGER NOT NULL,
  url_id    INTEGER NOT NULL,
  PRIMARY KEY (run_id, url_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE _sitemap_urls (
  run_id     INTEGER NOT NULL REFERENCES _runs (id),
  url_id     INTEGER NOT NULL REFERENCES _urls (id),
  sitemap_id INTEGER NOT NULL REFERENCES _urls (id),
  lastmod    TEXT,
  PRIMARY KEY (run_id, url_id, sitemap_id)
) STRICT, WITHOUT ROWID;

-- Links that other pages of the run have to a URL; written when the run closes.
CREATE TABLE _inlinks (
  run_id       INTEGER NOT NULL REFERENCES _runs (id),
  url_id       INTEGER NOT NULL REFERENCES _urls (id),
  inlink_count INTEGER NOT NULL,
  PRIMARY KEY (run_id, url_id)
) STRICT, WITHOUT ROWID;
