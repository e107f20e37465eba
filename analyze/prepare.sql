-- What the rules read of the run :run, gathered once, so that each rule goes over rows
-- that are small and its own. The base tables have the rest.

-- The answers of the rules, and which rules were asked to the end. evidence_id is a number of
-- main._evidence, or below 0 one of evidence, which has what is to be written there.
CREATE TABLE temp.hit (
  rule_id     INTEGER NOT NULL,
  subject_id  INTEGER NOT NULL,
  severity    INTEGER NOT NULL,
  evidence_id INTEGER,
  PRIMARY KEY (rule_id, subject_id)
) WITHOUT ROWID;

CREATE TABLE temp.evidence (
  id   INTEGER PRIMARY KEY,
  json TEXT NOT NULL
);

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
--   internal  it is in scope
--   broken    whoever asks for it gets nothing of use; what is blocked is never broken,
--             nor is a sitemap that nobody said were there
CREATE TABLE temp.visit (
  url_id           INTEGER PRIMARY KEY,
  origin_id        INTEGER,
  host_id          INTEGER,
  outcome          TEXT NOT NULL,
  used_for         TEXT NOT NULL,
  found_by         TEXT NOT NULL,
  reason           TEXT,
  failure          TEXT,
  status           INTEGER,
  depth            INTEGER NOT NULL,
  found_on_id      INTEGER,
  redirect_to_id   INTEGER,
  facts_id         INTEGER,
  wire_bytes       INTEGER,
  ttfb_ms          INTEGER,
  internal         INTEGER NOT NULL,
  https            INTEGER NOT NULL,
  in_sitemap       INTEGER NOT NULL,
  inlink_count     INTEGER NOT NULL,
  content_type     TEXT,
  sniffed_type     TEXT,
  content_encoding TEXT,
  body_bytes       INTEGER,
  fresh_s          INTEGER,
  revalidates      INTEGER NOT NULL,
  truncated        INTEGER,
  index_reason     TEXT,
  canonical_id     INTEGER,
  headers_id       INTEGER,
  blocked_by       TEXT,
  broken           INTEGER NOT NULL
);

INSERT INTO temp.visit
SELECT v.url_id, u.origin_id, o.host_id, v.outcome, v.used_for, v.found_by, v.reason, v.failure, v.status, v.depth, v.found_on_id,
  v.redirect_to_id, v.facts_id, v.wire_bytes, v.ttfb_ms,
  v.used_for <> 'check', coalesce(o.origin LIKE 'https:%', 0), m.url_id IS NOT NULL, coalesce(il.inlink_count, 0),
  f.content_type, f.sniffed_type, f.content_encoding, f.body_bytes, f.fresh_s, f.etag IS NOT NULL OR f.last_modified IS NOT NULL,
  f.truncated, f.index_reason, f.canonical_id, f.headers_id, f.blocked_by,
  f.blocked_by IS NULL AND v.outcome IN ('http_error', 'dns_error', 'connect_error', 'tls_error', 'timeout', 'protocol_error')
    AND NOT (v.used_for = 'map' AND v.found_on_id IS NULL)
FROM main._visits v
CROSS JOIN main._urls u ON u.id = v.url_id
LEFT JOIN main._origins o ON o.id = u.origin_id
LEFT JOIN main._facts f ON f.id = v.facts_id
LEFT JOIN main._inlinks il ON il.run_id = :run AND il.url_id = v.url_id
LEFT JOIN (SELECT DISTINCT url_id FROM main._sitemap_urls WHERE run_id = :run) m ON m.url_id = v.url_id
WHERE v.run_id = :run;

-- page: every HTML page of the run that answered 200, with what it says.
--   idx      a search engine would take it
--   noindex  it asks not to be taken
CREATE TABLE temp.page (
  url_id              INTEGER PRIMARY KEY,
  facts_id            INTEGER NOT NULL,
  origin_id           INTEGER NOT NULL,
  host_id             INTEGER NOT NULL,
  idx                 INTEGER NOT NULL,
  noindex             INTEGER NOT NULL,
  https               INTEGER NOT NULL,
  depth               INTEGER NOT NULL,
  found_by            TEXT NOT NULL,
  in_sitemap          INTEGER NOT NULL,
  inlink_count        INTEGER NOT NULL,
  ttfb_ms             INTEGER,
  title               TEXT,
  title_length        INTEGER NOT NULL,
  title_count         INTEGER,
  title_in_body       INTEGER,
  description         TEXT,
  description_length  INTEGER NOT NULL,
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
  image_count         INTEGER,
  image_no_alt_count  INTEGER,
  insecure_form_count INTEGER,
  mixed_active_count  INTEGER,
  mixed_passive_count INTEGER,
  script_count        INTEGER,
  element_count       INTEGER,
  head_closed_by      TEXT,
  parse_mode          TEXT,
  charset             TEXT,
  charset_source      TEXT,
  charset_seen        TEXT,
  replaced_count      INTEGER,
  content_encoding    TEXT,
  body_bytes          INTEGER,
  headers_id          INTEGER
);

INSERT INTO temp.page
SELECT v.url_id, v.facts_id, v.origin_id, v.host_id, coalesce(f.index_reason = 'ok', 0), coalesce(f.index_reason IN ('noindex_meta', 'noindex_header'), 0),
  v.https, v.depth, v.found_by, v.in_sitemap, v.inlink_count, v.ttfb_ms,
  f.title, length(coalesce(f.title, '')), f.title_count, f.title_in_body, f.description, length(coalesce(f.description, '')),
  f.h1, f.h1_count, f.heading_skip, f.lang, f.viewport, f.canonical_id, f.canonicals, f.robots, f.refresh, f.alternates,
  f.schema_bad_count, f.word_count, f.text_hash, f.simhash, f.image_count, f.image_no_alt_count, f.insecure_form_count,
  f.mixed_active_count, f.mixed_passive_count, f.script_count, f.element_count, f.head_closed_by, f.parse_mode,
  f.charset, f.charset_source, f.charset_seen, f.replaced_count, f.content_encoding, f.body_bytes, f.headers_id
FROM temp.visit v CROSS JOIN main._facts f ON f.id = v.facts_id
WHERE v.outcome = 'ok' AND v.status IN (200, 304) AND v.used_for = 'read' AND f.parse_mode IS NOT NULL
  AND f.content_type IN ('text/html', 'application/xhtml+xml');

-- header_set: the different headers that pages of a host have, as a JSON array of [name,
-- value]; on how many, and one of these.
CREATE TABLE temp.header_set (
  host_id    INTEGER NOT NULL,
  https      INTEGER NOT NULL,
  headers    TEXT NOT NULL,
  page_count INTEGER NOT NULL,
  page_id    INTEGER NOT NULL,
  url        TEXT NOT NULL
);

INSERT INTO temp.header_set
SELECT h.host_id, h.https, coalesce(t.text, '[]'), h.page_count, h.page_id, u.url
FROM (SELECT host_id, https, headers_id, count(*) AS page_count, min(url_id) AS page_id FROM temp.page GROUP BY 1, 2, 3) h
CROSS JOIN main._urls u ON u.id = h.page_id
LEFT JOIN main._texts t ON t.id = h.headers_id;

-- host: the hosts in scope.
CREATE TABLE temp.host (
  host_id      INTEGER PRIMARY KEY,
  page_count   INTEGER NOT NULL,
  answer_count INTEGER NOT NULL,
  private      INTEGER NOT NULL
);

INSERT INTO temp.host
SELECT v.host_id, count(p.url_id), count(v.status), is_private_host(h.name)
FROM temp.visit v
CROSS JOIN main._hosts h ON h.id = v.host_id
LEFT JOIN temp.page p ON p.url_id = v.url_id
WHERE v.internal
GROUP BY v.host_id;

-- met: the hosts that gave an answer, if only a certificate. answering: the origins that
-- answered a request.
CREATE TABLE temp.met (host_id INTEGER PRIMARY KEY);

INSERT INTO temp.met
SELECT DISTINCT host_id FROM temp.visit WHERE host_id IS NOT NULL AND (status IS NOT NULL OR outcome = 'tls_error');

CREATE TABLE temp.answering (origin_id INTEGER PRIMARY KEY);

INSERT INTO temp.answering
SELECT DISTINCT origin_id FROM temp.visit WHERE origin_id IS NOT NULL AND status IS NOT NULL;

-- redirect_end: where every redirect of the run leads in the end.
CREATE TABLE temp.redirect_end (
  url_id INTEGER PRIMARY KEY,
  end_id INTEGER NOT NULL,
  hops   INTEGER NOT NULL
);

INSERT OR REPLACE INTO temp.redirect_end
WITH RECURSIVE way (url_id, end_id, hops) AS (
  SELECT url_id, redirect_to_id, 1 FROM temp.visit WHERE outcome = 'redirect' AND redirect_to_id IS NOT NULL
  UNION ALL
  SELECT w.url_id, v.redirect_to_id, w.hops + 1
  FROM way w CROSS JOIN temp.visit v ON v.url_id = w.end_id
  WHERE v.outcome = 'redirect' AND v.redirect_to_id IS NOT NULL AND w.hops < 20
)
SELECT url_id, end_id, hops FROM way;

-- shape: what kind of link a label is of.
--   nofollow  its rel says so; the page as a whole is another matter
--   leads     people follow it
--   builds    the page is built of it
CREATE TABLE temp.shape (
  id       INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL,
  internal INTEGER NOT NULL,
  nofollow INTEGER NOT NULL,
  leads    INTEGER NOT NULL,
  builds   INTEGER NOT NULL
);

INSERT INTO temp.shape
SELECT id, kind, internal, instr(' ' || rel || ' ', ' nofollow ') > 0, kind IN ('a', 'area', 'iframe', 'frame'),
  kind IN ('img', 'srcset', 'script', 'css', 'media', 'icon', 'manifest', 'preload', 'background')
FROM main._link_shapes;

-- block: the blocks of links that pages of the run have, from first to last where they follow
-- each other. nofollow_target: the URLs that a
-- link within the site leads to whose rel says nofollow, and whether another follows.
-- page_links: what there is of links on each page.
--   outer_count      different URLs elsewhere that they lead to
--   target_count     different URLs that they lead to
--   elsewhere_count  lead to another page of the site
--   empty_count      have no text
--   generic_count    lead to the site, and their text says nothing of where
-- poor_link: the targets of links without text or with a generic one, a few of each page.
-- broken_fragment: what links point to on pages that do not have it. All are filled by
-- links.go.
CREATE TABLE temp.block (
  first_id INTEGER PRIMARY KEY,
  last_id  INTEGER NOT NULL
);

CREATE TABLE temp.nofollow_target (
  url_id INTEGER PRIMARY KEY,
  mixed  INTEGER NOT NULL
);

CREATE TABLE temp.page_links (
  url_id          INTEGER PRIMARY KEY,
  outer_count     INTEGER NOT NULL,
  target_count    INTEGER NOT NULL,
  elsewhere_count INTEGER NOT NULL,
  empty_count     INTEGER NOT NULL,
  generic_count   INTEGER NOT NULL
);

CREATE TABLE temp.poor_link (
  url_id    INTEGER NOT NULL,
  generic   INTEGER NOT NULL,
  target_id INTEGER NOT NULL,
  PRIMARY KEY (url_id, generic, target_id)
) WITHOUT ROWID;

CREATE TABLE temp.broken_fragment (
  url_id      INTEGER NOT NULL,
  fragment_id INTEGER NOT NULL,
  PRIMARY KEY (url_id, fragment_id)
) WITHOUT ROWID;

-- near: the pages that search engines would take and that say nearly the same as others, in
-- groups; near_id is one that is near to the page itself. neardup.go fills it.
CREATE TABLE temp.near (
  url_id   INTEGER PRIMARY KEY,
  group_id INTEGER NOT NULL,
  near_id  INTEGER NOT NULL
);

-- dead: the URLs that are broken, or redirect to what is.
CREATE TABLE temp.dead (
  url_id INTEGER PRIMARY KEY,
  end_id INTEGER
);

INSERT INTO temp.dead
SELECT url_id, NULL FROM temp.visit WHERE broken
UNION ALL
SELECT r.url_id, r.end_id FROM temp.redirect_end r
CROSS JOIN temp.visit e ON e.url_id = r.end_id
CROSS JOIN temp.visit v ON v.url_id = r.url_id
WHERE e.broken AND NOT v.broken;

-- incoming: the links to a URL, each once however many pages share it. source: with the
-- pages that they stand on.
CREATE VIEW temp.incoming AS
SELECT l.target_id, l.id >> 6 AS block_id, k.kind, k.internal, k.nofollow, k.leads, k.builds, n.fragment_id
FROM main._links l
CROSS JOIN main._link_labels n ON n.id = l.label_id
CROSS JOIN temp.shape k ON k.id = n.shape_id
WHERE l.id >> 6 <= (SELECT b.last_id FROM temp.block b WHERE b.first_id <= l.id >> 6 ORDER BY b.first_id DESC LIMIT 1);

CREATE VIEW temp.source AS
SELECT i.target_id, i.kind, i.internal, i.nofollow, i.leads, i.builds, i.fragment_id, p.url_id AS page_id, p.https, p.idx, u.url
FROM temp.incoming i
CROSS JOIN main._link_lists ll ON ll.block_id = i.block_id
CROSS JOIN main._facts f ON f.id = ll.facts_id
CROSS JOIN temp.page p ON p.url_id = f.url_id AND p.facts_id = f.id
CROSS JOIN main._urls u ON u.id = p.url_id;

-- alternate: every hreflang of the pages.
CREATE TABLE temp.alternate (
  url_id    INTEGER NOT NULL,
  lang      TEXT NOT NULL,
  url       TEXT NOT NULL,
  target_id INTEGER
);

INSERT INTO temp.alternate
SELECT p.url_id, lower(json_extract(j.value, '$.lang')), json_extract(j.value, '$.url'), u.id
FROM temp.page p
CROSS JOIN json_each(p.alternates) j
LEFT JOIN main._urls u ON u.url = json_extract(j.value, '$.url')
WHERE p.alternates IS NOT NULL AND json_extract(j.value, '$.lang') IS NOT NULL;

CREATE INDEX temp.alternate_by_url ON alternate (url_id);

-- before: what the last finished run before this one had of the same URLs.
CREATE TABLE temp.before (
  url_id       INTEGER PRIMARY KEY,
  outcome      TEXT NOT NULL,
  status       INTEGER,
  index_reason TEXT,
  canonical_id INTEGER,
  facts_id     INTEGER
);

INSERT INTO temp.before
SELECT v.url_id, v.outcome, v.status, f.index_reason, f.canonical_id, v.facts_id
FROM main._visits v LEFT JOIN main._facts f ON f.id = v.facts_id
WHERE v.run_id = :previous;
