-- Fills a file that a crawl of one page made with two runs of a made-up site. :pages is the
-- number of its pages. A page has 30 links: 15 in two blocks that it shares with others (a
-- navigation of the site, one of its section), 15 in two blocks of its own; one in 30 leads
-- to another site. A few pages of a hundred are broken, redirect, lack something, or say
-- nearly what another says. In the second run one page of a hundred has another title, one
-- of a thousand is gone, and one of a thousand is new.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -400000;
PRAGMA temp_store = MEMORY;
PRAGMA ignore_check_constraints = ON; -- sqlite3 before 3.42 takes NULL for no JSON
DROP INDEX IF EXISTS _links_by_target;
DROP INDEX IF EXISTS _link_lists_by_block;

BEGIN;
CREATE TEMP TABLE base AS
  SELECT o.id AS origin_id, o.host_id, o.origin, (SELECT min(id) FROM _runs) AS run_id, (SELECT min(id) FROM _connections) AS connection_id,
    (SELECT min(headers_id) FROM _facts) AS headers_id
  FROM _origins o ORDER BY o.id LIMIT 1;

-- Numbers: i of a page, a and b hashes of it.
CREATE TEMP TABLE numbers (i INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
INSERT INTO numbers
WITH RECURSIVE count (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM count WHERE i < :pages)
SELECT i, (i * 2654435761) & 0xFFFFFFFF, (i * 2246822519 + 374761393) & 0xFFFFFFFF FROM count;
CREATE TEMP TABLE few (k INTEGER PRIMARY KEY);
INSERT INTO few SELECT i FROM numbers WHERE i <= 15;

-- Pages are the URLs from 10,001 on, those of another site from 1,001 to 6,000.
INSERT INTO _hosts (id, name, registrable_domain, first_seen_at, last_seen_at)
  SELECT 1000, 'elsewhere.example', 'elsewhere.example', first_seen_at, last_seen_at FROM _hosts LIMIT 1;
INSERT INTO _origins (id, host_id, origin) VALUES (1000, 1000, 'https://elsewhere.example');
INSERT INTO _urls (id, origin_id, url) SELECT 1000 + i, 1000, 'https://elsewhere.example/' || i FROM numbers WHERE i <= 5000;
INSERT INTO _urls (id, origin_id, url) SELECT 10000 + i, origin_id, origin || '/section-' || (i % 1000) || '/page-' || i FROM numbers, base;
INSERT INTO _urls (id, origin_id, url) SELECT 10001 + :pages + i / 1000, origin_id, origin || '/new/page-' || i FROM numbers, base WHERE i % 1000 = 7;

INSERT INTO _texts (id, text) SELECT 1000 + i, 'an anchor in ' || i || ' words' FROM numbers WHERE i <= 20000;
INSERT INTO _link_shapes (id, kind, rel, position, internal, nofollow) VALUES
  (1001, 'a', 'x', 'nav', 1, 0), (1002, 'a', 'x', 'main', 1, 0), (1003, 'a', 'x', 'main', 0, 0), (1004, 'a', 'nofollow', 'main', 1, 1);
INSERT INTO _link_labels (id, shape_id, anchor_id) SELECT 1000 + i, CASE WHEN i <= 1000 THEN 1001 WHEN i % 1000 = 0 THEN 1004 ELSE 1002 END, 1000 + i FROM numbers WHERE i <= 20000;
INSERT INTO _link_labels (id, shape_id, anchor_id) SELECT 50000 + i, 1003, 1000 + i FROM numbers WHERE i <= 5000;

-- Blocks: 1001 is the navigation, 2,000 and more those of the sections, 10,000 and more
-- those of the pages.
INSERT INTO _links (id, target_id, label_id) SELECT 1001 << 6 | k - 1, 10000 + k, 1000 + k FROM few WHERE k <= 8;
INSERT INTO _links (id, target_id, label_id)
  SELECT 2000 + s.i << 6 | k - 1, 10000 + (s.i * 37 + k * 1009) % :pages + 1, 1000 + k FROM numbers s CROSS JOIN few WHERE s.i <= 1000 AND k <= 7;
INSERT INTO _links (id, target_id, label_id)
  SELECT 10000 + 2 * p.i + (k > 8) << 6 | (k - 1) % 8,
    CASE k WHEN 15 THEN 1001 + p.a % 5000 ELSE 10000 + (p.a + k * p.b) % :pages + 1 END,
    CASE k WHEN 15 THEN 50001 + p.a % 5000 ELSE 2001 + (p.a + k) % 18000 END
  FROM numbers p CROSS JOIN few;
CREATE TEMP TABLE own_facts (facts_id INTEGER PRIMARY KEY, i INTEGER);
INSERT INTO own_facts SELECT 10000 + i, i FROM numbers WHERE i % 100 NOT IN (3, 4);
INSERT INTO own_facts SELECT 10000 + :pages + i, i FROM numbers WHERE i % 100 = 9;
INSERT INTO own_facts SELECT 10000 + 2 * :pages + i, i FROM numbers WHERE i % 1000 = 7;
INSERT INTO _link_lists (facts_id, place, block_id)
  SELECT facts_id, k - 1, CASE k WHEN 1 THEN 1001 WHEN 2 THEN 2001 + i % 1000 ELSE 10000 + 2 * i + k - 3 END FROM own_facts CROSS JOIN few WHERE k <= 4;

-- The facts of pages 3 of a hundred are those of a 404; 4 redirects and has none.
CREATE TEMP TABLE kinds AS
  SELECT facts_id AS id, i, facts_id <= 10000 + :pages AS first_run,
    CASE WHEN facts_id <= 10000 + 2 * :pages THEN 10000 + i ELSE 10001 + :pages + i / 1000 END AS url_id FROM own_facts;
INSERT INTO _facts (id, url_id, digest, content_type, charset, charset_source, headers_id, body_bytes, index_reason, title, title_count, title_in_body,
  description, description_count, h1, h1_count, headings, heading_skip, lang, viewport, word_count, text_hash, simhash, link_count, image_count, image_no_alt_count,
  form_count, insecure_form_count, script_count, inline_script_count, style_count, element_count, element_depth, parse_mode)
SELECT t.id, t.url_id, n.a << 20 | t.id % 1000003, 'text/html', 'utf-8', 'header', b.headers_id, 4000 + n.a % 60000,
  CASE WHEN n.i % 40 = 11 THEN 'noindex_meta' ELSE 'ok' END,
  CASE WHEN n.i % 100 = 21 THEN NULL WHEN n.i % 50 = 22 THEN 'A title that many pages have' ELSE 'Page ' || n.i || iif(t.first_run, ' of the made-up site', ' with another title') END, 1, 0,
  CASE WHEN n.i % 20 = 13 THEN NULL ELSE 'What page ' || n.i || ' says in a sentence of about the length that is customary for a description.' END, 1,
  'Page ' || n.i, CASE WHEN n.i % 60 = 1 THEN 0 ELSE 1 END, '[[1,"Page ' || n.i || '"],[2,"More"]]', n.i % 70 = 2, CASE WHEN n.i % 90 = 5 THEN NULL ELSE 'en' END, 'width=device-width',
  100 + n.a % 900, n.a << 31 | n.b, CASE WHEN n.i % 25 = 0 THEN ((n.i - 1) * 2654435761 & 0xFFFFFFFF) << 31 | ((n.i - 1) * 2246822519 + 374761393 & 0x7FFFFFFF) ELSE n.a << 31 | n.b & 0x7FFFFFFF END,
  30, n.a % 12, CASE WHEN n.i % 30 = 6 THEN 2 ELSE 0 END, 0, 0, 3, 1, 2, 300 + n.a % 1500, 20, 'tokens'
FROM kinds t JOIN numbers n ON n.i = t.i, base b;
INSERT INTO _facts (id, url_id, digest, content_type, headers_id, body_bytes, index_reason)
  SELECT 10000 + i, 10000 + i, a, 'text/html', headers_id, 300, 'status' FROM numbers, base WHERE i % 100 = 3;

INSERT INTO _visits (run_id, url_id, outcome, used_for, found_by, depth, found_on_id, reason, status, redirect_to_id, facts_id, connection_id,
  attempts, not_modified, wire_bytes, dns_ms, connect_ms, tls_ms, ttfb_ms, total_ms, fetched_epoch_ms)
SELECT run_id, 10000 + i, CASE i % 100 WHEN 3 THEN 'http_error' WHEN 4 THEN 'redirect' ELSE 'ok' END, 'read', iif(i = 1, 'seed', 'link'), 1 + (i > 10) + (i > 1000) + (i > 100000) + (i % 500 = 0) * 2,
  10001, CASE i % 100 WHEN 4 THEN 'status' END, CASE i % 100 WHEN 3 THEN 404 WHEN 4 THEN 301 ELSE 200 END, CASE i % 100 WHEN 4 THEN 10000 + i - 1 END,
  CASE i % 100 WHEN 4 THEN NULL ELSE 10000 + i END, connection_id, 1, 0, 2000 + a % 20000, 0, 0, 0, 10 + a % 700 + (i % 200 = 0) * 800, 20 + a % 900, 1764000000000 + i
FROM numbers, base;
INSERT INTO _visits (run_id, url_id, outcome, used_for, found_by, depth, found_on_id, status, connection_id, attempts, not_modified, wire_bytes, ttfb_ms, total_ms, fetched_epoch_ms)
SELECT run_id, 1000 + i, CASE WHEN i % 50 = 0 THEN 'http_error' ELSE 'ok' END, 'check', 'link', 2, 10001, CASE WHEN i % 50 = 0 THEN 404 ELSE 200 END, connection_id, 1, 0, 0, 50, 60, 1764000000000
FROM numbers, base WHERE i <= 5000;

INSERT INTO _sitemap_urls (run_id, url_id, sitemap_id) SELECT run_id, 10000 + i, 10001 FROM numbers, base WHERE i % 3 = 0;

INSERT INTO _inlinks (run_id, url_id, inlink_count)
SELECT run_id, target_id, count(*) FROM base, _links WHERE id >= 10000 << 6 GROUP BY target_id;

-- The second run.
INSERT INTO _runs (id, site_id, previous_run_id, status, trigger, policy, started_at, finished_at)
SELECT 1000, r.site_id, r.id, 'finished', 'manual', r.policy, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM _runs r JOIN base ON r.id = base.run_id;
UPDATE _sites SET last_run_id = 1000;
CREATE TEMP TABLE again AS SELECT v.* FROM _visits v JOIN base b ON v.run_id = b.run_id;
UPDATE again SET run_id = 1000;
UPDATE again SET facts_id = :pages + facts_id WHERE facts_id IS NOT NULL AND used_for = 'read' AND (url_id - 10000) % 100 = 9 AND url_id > 10000;
UPDATE again SET outcome = 'http_error', status = 410, facts_id = NULL WHERE used_for = 'read' AND (url_id - 10000) % 1000 = 5 AND url_id > 10000;
INSERT INTO again (run_id, url_id, outcome, used_for, found_by, depth, found_on_id, status, facts_id, connection_id, attempts, not_modified, wire_bytes, ttfb_ms, total_ms, fetched_epoch_ms)
SELECT 1000, 10001 + :pages + i / 1000, 'ok', 'read', 'link', 3, 10001, 200, 10000 + 2 * :pages + i, connection_id, 1, 0, 3000, 30, 40, 1764000000000 FROM numbers, base WHERE i % 1000 = 7;
INSERT INTO _visits SELECT * FROM again ORDER BY url_id;
INSERT INTO _inlinks (run_id, url_id, inlink_count) SELECT 1000, url_id, inlink_count FROM _inlinks JOIN base USING (run_id);
INSERT INTO _sitemap_urls (run_id, url_id, sitemap_id) SELECT 1000, url_id, sitemap_id FROM _sitemap_urls JOIN base USING (run_id);

-- What is kept of a run when it closes. A page took a millisecond.
UPDATE _runs SET found_count = (SELECT count(*) FROM _visits WHERE run_id = _runs.id), page_count = found_count,
  started_at = strftime('%Y-%m-%dT%H:%M:%fZ', 1764000000, 'unixepoch'), finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 1764000000 + :pages / 1000.0, 'unixepoch');
DELETE FROM _outcome_counts;
INSERT INTO _outcome_counts SELECT run_id, used_for, outcome, failure, reason, status, count(*) FROM _visits GROUP BY 1, 2, 3, 4, 5, 6;
DELETE FROM _laps;
INSERT INTO _laps SELECT run_id, (fetched_epoch_ms - 1764000000000) / (:pages / 60) * (:pages / 60), count(*), sum(total_ms) FROM _visits WHERE attempts > 0 GROUP BY 1, 2;
COMMIT;

CREATE INDEX _links_by_target ON _links (target_id);
CREATE INDEX _link_lists_by_block ON _link_lists (block_id);
PRAGMA analysis_limit = 400;
ANALYZE;
UPDATE sqlite_stat1 SET stat = (SELECT sum(found_count) || ' ' || CAST(avg(found_count) + 1 AS INTEGER) || ' 1' FROM _runs) WHERE tbl = '_visits';
SELECT count(*) FROM _links;
