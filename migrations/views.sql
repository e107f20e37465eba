-- The public views: the contract with everyone who opens the file. Columns are only
-- ever added, at the end. The short name answers for the latest run of each site,
-- the name with _history for every run.

DROP VIEW IF EXISTS sites;
CREATE VIEW sites AS
-- One row per site.
SELECT
  s.id,
  s.name,
  s.seeds,                                               -- JSON array of URLs
  json_extract(s.policy, '$.scope.kind') AS scope,       -- host, domain or prefix
  NULL AS schedule,                                      -- when it runs again
  NULL AS timezone,
  NULL AS next_run_at,
  s.last_run_id,
  s.created_at,
  s.policy                                               -- JSON
FROM _sites s;

DROP VIEW IF EXISTS runs;
CREATE VIEW runs AS
-- One row per run.
SELECT
  r.id,
  s.name AS site,
  r.status,                                              -- running, finished, partial, stopped, interrupted, failed
  r.trigger,                                             -- manual, schedule
  r.started_at,
  r.finished_at,
  r.reason,                                              -- why it ended, in words
  r.page_count AS pages,                                 -- URLs that gave an answer
  r.failure_count AS failures,                           -- URLs whose attempt failed
  NULL AS issues,                                        -- answers of rules
  r.wire_bytes AS bytes,                                 -- received
  r.policy AS config,                                    -- JSON: the policy it went by
  r.found_count AS found,                                -- URLs it learned of
  r.previous_run_id
FROM _runs r JOIN _sites s ON s.id = r.site_id;

DROP VIEW IF EXISTS pages_history;
CREATE VIEW pages_history AS
-- One row per URL of every run: what was asked, what came, what it said.
SELECT
  s.name AS site,
  v.run_id,
  u.url,
  h.name AS host,
  v.depth,                                               -- clicks from a seed
  fo.url AS found_on,                                    -- the page that named it first
  v.outcome,                                             -- ok, redirect, http_error, dns_error, connect_error, tls_error, timeout, protocol_error, robots_blocked, blocked_address, excluded, pending, internal_error
  v.failure,                                             -- finer: nxdomain, refused, cert_expired, ...
  v.reason,                                              -- why it was not asked, or what kind of redirect
  v.status,                                              -- HTTP status
  rt.url AS redirect_to,
  f.content_type,
  f.charset,
  f.title,
  length(f.title) AS title_length,                       -- characters
  f.description,
  length(f.description) AS description_length,           -- characters
  f.h1,
  f.h1_count,
  f.lang,
  ca.url AS canonical,
  (SELECT group_concat(json_extract(j.value, '$.value'), ', ') FROM json_each(f.robots) j) AS robots_meta,
  CASE WHEN f.index_reason = 'ok' THEN 1 WHEN coalesce(f.index_reason, CASE v.outcome WHEN 'robots_blocked' THEN 'robots' END) IS NOT NULL THEN 0 END AS indexable,
  coalesce(f.index_reason, CASE v.outcome WHEN 'robots_blocked' THEN 'robots' END) AS index_reason,
  f.word_count,
  f.link_count,
  CASE WHEN v.facts_id IS NOT NULL THEN coalesce(il.inlink_count, 0) ELSE il.inlink_count END AS inlink_count, -- links from other pages, known when the run has ended
  f.image_count,
  v.wire_bytes,                                          -- received
  f.body_bytes,                                          -- decoded
  f.truncated,
  lower(hex(f.body_sha256)) AS body_sha256,
  c.remote_ip,
  c.http_version,
  v.dns_ms,
  v.connect_ms,
  v.tls_ms,
  v.ttfb_ms,
  v.total_ms,
  EXISTS (SELECT 1 FROM _sitemap_urls m WHERE m.run_id = v.run_id AND m.url_id = v.url_id) AS in_sitemap,
  v.attempts,
  strftime('%Y-%m-%dT%H:%M:%fZ', v.fetched_epoch_ms / 1000.0, 'unixepoch') AS fetched_at,
  v.used_for,                                            -- read, measure, check, map
  v.found_by,                                            -- seed, redirect, sitemap, link
  d.text AS detail,                                      -- what happened, in words
  v.not_modified,                                        -- answered 304: the content is that of the run before
  f.headings,                                            -- JSON array of [level, text]
  f.open_graph,                                          -- JSON array of [name, value]
  f.schema_types,                                        -- JSON array
  f.alternates,                                          -- JSON array of hreflang
  f.image_no_alt_count,
  f.text_hash,
  f.simhash,
  hd.text AS headers,                                    -- JSON array of [name, value]
  f.etag,
  f.last_modified,
  f.charset_source,
  f.parse_mode
FROM _sites s
CROSS JOIN _runs r ON r.site_id = s.id
CROSS JOIN _visits v ON v.run_id = r.id
JOIN _urls u ON u.id = v.url_id
LEFT JOIN _origins og ON og.id = u.origin_id
LEFT JOIN _hosts h ON h.id = og.host_id
LEFT JOIN _urls fo ON fo.id = v.found_on_id
LEFT JOIN _urls rt ON rt.id = v.redirect_to_id
LEFT JOIN _facts f ON f.id = v.facts_id
LEFT JOIN _urls ca ON ca.id = f.canonical_id
LEFT JOIN _connections c ON c.id = v.connection_id
LEFT JOIN _texts d ON d.id = v.detail_id
LEFT JOIN _texts hd ON hd.id = f.headers_id
LEFT JOIN _inlinks il ON il.run_id = v.run_id AND il.url_id = v.url_id;

DROP VIEW IF EXISTS links_history;
CREATE VIEW links_history AS
-- One row per link of every page of every run.
SELECT
  s.name AS site,
  v.run_id,
  su.url AS source_url,
  tu.url AS target_url,
  k.kind,                                                -- a, area, img, srcset, script, css, iframe, form, canonical, alternate, ...
  a.text AS anchor,
  k.rel,
  k.position,                                            -- head, nav, header, main, aside, footer, body, http_header
  k.internal,                                            -- the target is in the site's scope
  k.nofollow,
  fr.text AS fragment,
  tv.outcome AS target_outcome,
  tv.status AS target_status,
  o.text AS original                                     -- the URL before its canonical form changed it
FROM _sites s
CROSS JOIN _runs r ON r.site_id = s.id
CROSS JOIN _visits v ON v.run_id = r.id
JOIN _facts f ON f.id = v.facts_id AND f.url_id = v.url_id
JOIN _link_lists b ON b.id >= f.id * 16384 AND b.id < (f.id + 1) * 16384 AND f.id = b.id / 16384
JOIN _links l ON l.id >= b.block_id * 64 AND l.id < (b.block_id + 1) * 64 AND b.block_id = l.id / 64
JOIN _link_labels n ON n.id = l.label_id
JOIN _link_shapes k ON k.id = n.shape_id
JOIN _urls su ON su.id = v.url_id
JOIN _urls tu ON tu.id = l.target_id
LEFT JOIN _texts a ON a.id = n.anchor_id
LEFT JOIN _texts fr ON fr.id = n.fragment_id
LEFT JOIN _texts o ON o.id = n.original_id
LEFT JOIN _visits tv ON tv.run_id = v.run_id AND tv.url_id = l.target_id;

DROP VIEW IF EXISTS hosts;
CREATE VIEW hosts AS
-- One row per host that a run met.
SELECT
  h.name,
  h.registrable_domain,
  (SELECT json_group_array(DISTINCT s.name) FROM _site_hosts sh JOIN _sites s ON s.id = sh.site_id WHERE sh.host_id = h.id) AS sites,   -- JSON array
  (SELECT json_group_array(DISTINCT c.remote_ip) FROM _connections c WHERE c.host_id = h.id) AS addresses,                              -- JSON array: those that answered
  (SELECT json_group_array(DISTINCT c.port) FROM _connections c WHERE c.host_id = h.id) AS open_ports,                                  -- JSON array: those that answered
  (SELECT min(x.not_after) FROM _connections c JOIN _certificates x ON x.id = c.certificate_id WHERE c.host_id = h.id) AS certificate_not_after,
  h.first_seen_at,
  h.last_seen_at
FROM _hosts h;
