-- What the rules read of the run :run, gathered once: integers first, so that going
-- over a table is cheap. The base tables have the rest.

-- The answers of the rules, and which rules were asked to the end.
CREATE TABLE temp.hit (
  rule_id    INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  severity   INTEGER NOT NULL,
  evidence   TEXT,
  PRIMARY KEY (rule_id, subject_id)
) WITHOUT ROWID;

CREATE TABLE temp.asked (
  rule_id  INTEGER PRIMARY KEY,
  done     INTEGER NOT NULL,
  compares INTEGER NOT NULL
);

-- pages, links: the views of that name, for this run, whichever run is the latest.
CREATE TABLE temp.run (id INTEGER PRIMARY KEY);

INSERT INTO temp.run VALUES (:run);

CREATE VIEW temp.pages AS SELECT * FROM main.pages_history WHERE run_id = (SELECT id FROM temp.run);

CREATE VIEW temp.links AS SELECT * FROM main.links_history WHERE run_id = (SELECT id FROM temp.run);

-- visit: every URL of the run.
--   internal   it is in scope
--   blocked_by what shows that a robot is turned away, not a visitor; such an answer is never broken
--   broken     whoever asks for it gets nothing of use
CREATE TABLE temp.visit (
  url_id         INTEGER PRIMARY KEY,
  host_id        INTEGER,
  outcome        TEXT NOT NULL,
  used_for       TEXT NOT NULL,
  found_by       TEXT NOT NULL,
  reason         TEXT,
  failure        TEXT,
  status         INTEGER,
  depth          INTEGER NOT NULL,
  found_on_id    INTEGER,
  redirect_to_id INTEGER,
  facts_id       INTEGER,
  detail_id      INTEGER,
  wire_bytes     INTEGER,
  ttfb_ms        INTEGER,
  internal       INTEGER NOT NULL,
  in_sitemap     INTEGER NOT NULL,
  inlink_count   INTEGER NOT NULL,
  https          INTEGER NOT NULL,
  blocked_by     TEXT,
  broken         INTEGER NOT NULL
);

INSERT INTO temp.visit
SELECT v.url_id, o.host_id, v.outcome, v.used_for, v.found_by, v.reason, v.failure, v.status, v.depth, v.found_on_id,
  v.redirect_to_id, v.facts_id, v.detail_id, v.wire_bytes, v.ttfb_ms,
  v.used_for <> 'check', m.url_id IS NOT NULL, coalesce(il.inlink_count, 0), coalesce(substr(o.origin, 1, 6) = 'https:', 0),
  CASE WHEN v.status >= 400 THEN blocked_by(v.status, (SELECT t.text FROM main._facts f JOIN main._texts t ON t.id = f.headers_id WHERE f.id = v.facts_id)) END,
  v.outcome IN ('http_error', 'dns_error', 'connect_error', 'tls_error', 'timeout', 'protocol_error')
FROM main._visits v
CROSS JOIN main._urls u ON u.id = v.url_id
LEFT JOIN main._origins o ON o.id = u.origin_id
LEFT JOIN main._inlinks il ON il.run_id = :run AND il.url_id = v.url_id
LEFT JOIN (SELECT DISTINCT url_id FROM main._sitemap_urls WHERE run_id = :run) m ON m.url_id = v.url_id
WHERE v.run_id = :run;

UPDATE temp.visit SET broken = 0 WHERE blocked_by IS NOT NULL;

-- page: every HTML page of the run that answered 200, with what it says.
--   idx  a search engine would take it
CREATE TABLE temp.page (
  url_id              INTEGER PRIMARY KEY,
  facts_id            INTEGER NOT NULL,
  host_id             INTEGER NOT NULL,
  idx                 INTEGER NOT NULL,
  https               INTEGER NOT NULL,
  depth               INTEGER NOT NULL,
  in_sitemap          INTEGER NOT NULL,
  inlink_count        INTEGER NOT NULL,
  ttfb_ms             INTEGER,
  wire_bytes          INTEGER,
  index_reason        TEXT,
  title               TEXT,
  title_length        INTEGER NOT NULL,
  title_count         INTEGER,
  title_in_body       INTEGER,
  description         TEXT,
  description_length  INTEGER NOT NULL,
  description_count   INTEGER,
  h1                  TEXT,
  h1_count            INTEGER,
  heading_skip        INTEGER,
  lang                TEXT,
  viewport            TEXT,
  canonical_id        INTEGER,
  canonicals          TEXT,
  robots              TEXT,
  refresh             TEXT,
  alternates          TEXT,
  schema_bad_count    INTEGER,
  word_count          INTEGER,
  text_hash           INTEGER,
  simhash             INTEGER,
  link_count          INTEGER,
  image_count         INTEGER,
  image_no_alt_count  INTEGER,
  form_count          INTEGER,
  insecure_form_count INTEGER,
  script_count        INTEGER,
  element_count       INTEGER,
  element_depth       INTEGER,
  head_closed_by      TEXT,
  parse_mode          TEXT,
  charset             TEXT,
  charset_source      TEXT,
  body_bytes          INTEGER,
  truncated           INTEGER,
  headers_id          INTEGER
);

INSERT INTO temp.page
SELECT v.url_id, v.facts_id, v.host_id, coalesce(f.index_reason = 'ok', 0), v.https, v.depth, v.in_sitemap, v.inlink_count, v.ttfb_ms, v.wire_bytes,
  f.index_reason, f.title, length(coalesce(f.title, '')), f.title_count, f.title_in_body,
  f.description, length(coalesce(f.description, '')), f.description_count, f.h1, f.h1_count, f.heading_skip, f.lang, f.viewport,
  f.canonical_id, f.canonicals, f.robots, f.refresh, f.alternates, f.schema_bad_count, f.word_count, f.text_hash, f.simhash,
  f.link_count, f.image_count, f.image_no_alt_count, f.form_count, f.insecure_form_count, f.script_count, f.element_count,
  f.element_depth, f.head_closed_by, f.parse_mode, f.charset, f.charset_source, f.body_bytes, f.truncated, f.headers_id
FROM temp.visit v CROSS JOIN main._facts f ON f.id = v.facts_id
WHERE v.outcome = 'ok' AND v.status IN (200, 304) AND v.used_for = 'read' AND f.parse_mode IS NOT NULL
  AND f.content_type IN ('text/html', 'application/xhtml+xml');
