-- The public views: the contract with everyone who opens the file. Columns are only
-- ever added, at the end. The short name answers for the latest run of each site,
-- the name with _history for every run.

DROP VIEW IF EXISTS sites;
CREATE VIEW sites AS
-- One row per site.
SELECT
  s.id,                                                  -- the site's number
  s.name,                                                -- unique
  s.seeds,                                               -- JSON array of the URLs that a run starts from
  json_extract(s.policy, '$.scope.kind') AS scope,       -- how far it reaches from its seeds: host, domain or prefix
  c.spec AS schedule,                                    -- when it runs again; of several schedules the one that comes next
  c.timezone,                                            -- of the schedule
  c.next_at AS next_run_at,                              -- when the schedule starts the next run, UTC; NULL while it is paused
  s.last_run_id,                                         -- its latest run, which pages and links answer for (runs.id)
  s.created_at,                                          -- when the site was first crawled or added, UTC
  s.policy                                               -- JSON: limits, pace, user agent and what else its runs go by
FROM _sites s
LEFT JOIN _schedules c ON c.id = (SELECT id FROM _schedules WHERE site_id = s.id ORDER BY next_at IS NULL, next_at LIMIT 1);

DROP VIEW IF EXISTS schedules;
CREATE VIEW schedules AS
-- One row per schedule.
SELECT
  c.id,                                                  -- the schedule's number
  s.name AS site,                                        -- name of the site
  c.spec,                                                -- cron line, a word such as @daily, or "@every 6h"
  c.timezone,                                            -- IANA name of the zone that spec speaks of
  c.is_paused AS paused,                                 -- 1 when it rests
  c.next_at AS next_run_at,                              -- when the next run begins, jitter included, UTC; NULL while it is paused
  c.overlap,                                             -- what becomes of a slot that comes while a run goes on: skip, queue or replace
  c.missed,                                              -- what becomes of slots that passed while no sonde served: once (the last is caught up with) or skip
  c.grace_ms,                                            -- how late a missed slot may still be caught up with
  c.jitter_ms,                                           -- slots begin up to so much later, always the same for one schedule
  (SELECT max(o.run_id) FROM _slots o WHERE o.schedule_id = c.id) AS last_run_id, -- its newest run (runs.id)
  c.created_at                                           -- what "@every" counts from, UTC
FROM _schedules c JOIN _sites s ON s.id = c.site_id;

DROP VIEW IF EXISTS slots;
CREATE VIEW slots AS
-- One row per time at which a run was to begin, by a schedule or because somebody asked.
SELECT
  o.id,                                                  -- the slot's number
  s.name AS site,                                        -- name of the site
  o.schedule_id,                                         -- schedules.id; NULL where somebody asked for it
  o.slot_at,                                             -- the instant it was for, UTC
  o.begins_at,                                           -- with the jitter, UTC
  o.state,                                               -- waiting, running, done or skipped
  o.reason,                                              -- why it was skipped or waits, in words
  o.run_id,                                              -- the run that it became (runs.id)
  r.status AS run_status,                                -- how that run stands
  o.is_resumed AS resumed                                -- 1 when a crash cut the run and it was gone on with
FROM _slots o JOIN _sites s ON s.id = o.site_id LEFT JOIN _runs r ON r.id = o.run_id;

DROP VIEW IF EXISTS runs;
CREATE VIEW runs AS
-- One row per run.
SELECT
  r.id,                                                  -- the run's number
  s.name AS site,                                        -- name of the site
  r.status,                                              -- running, finished, partial, stopped, interrupted or failed
  r.trigger,                                             -- what started it: manual or schedule
  r.started_at,                                          -- UTC
  r.finished_at,                                         -- UTC; NULL while it goes on
  r.reason,                                              -- why it ended, in words
  r.page_count AS pages,                                 -- URLs that gave an answer: ok, redirect or http_error
  r.failure_count AS failures,                           -- URLs whose attempt failed
  r.issue_count AS issues,                               -- answers of rules that are open: neither fixed nor muted; NULL before it is analysed
  r.wire_bytes AS bytes,                                 -- received, before decoding
  r.policy AS config,                                    -- JSON: the policy that it went by
  r.found_count AS found,                                -- URLs that it learned of
  r.previous_run_id,                                     -- the last finished run of the site before it (runs.id)
  (SELECT max(o.slot_at) FROM _slots o WHERE o.run_id = r.id) AS slot_at -- the instant it was for, where it was due at one, UTC
FROM _runs r JOIN _sites s ON s.id = r.site_id;

DROP VIEW IF EXISTS pages_history;
CREATE VIEW pages_history AS
-- One row per URL of every run: what was asked, what came, what it said.
SELECT
  s.name AS site,                                        -- name of the site
  v.run_id,                                              -- the run (runs.id)
  u.url,                                                 -- canonical, without fragment
  h.name AS host,                                        -- of the URL, lower case, without port
  v.depth,                                               -- clicks from a seed
  fo.url AS found_on,                                    -- the URL that named it first; NULL for a seed
  v.outcome,                                             -- ok, redirect, http_error, dns_error, connect_error, tls_error, timeout, protocol_error, robots_blocked, blocked_address, excluded, pending, internal_error
  v.failure,                                             -- finer than outcome: nxdomain, refused, cert_expired, header_timeout, ...
  v.reason,                                              -- why it was not asked for (scope, depth, filter, limit, trap, ...), or what kind of redirect it is
  v.status,                                              -- HTTP status
  rt.url AS redirect_to,                                 -- where the redirect leads, canonical
  f.content_type,                                        -- media type, lower case, without parameters
  f.charset,                                             -- the encoding that the body was read in, as WHATWG names it
  f.title,                                               -- the first title, white space collapsed
  length(f.title) AS title_length,                       -- characters of title
  f.description,                                         -- the first meta description
  length(f.description) AS description_length,           -- characters of description
  f.h1,                                                  -- the first h1
  f.h1_count,                                            -- h1 elements
  f.lang,                                                -- of the html element
  ca.url AS canonical,                                   -- the canonical URL that the page or its header declares first
  (SELECT group_concat(json_extract(j.value, '$.value'), ', ') FROM json_each(f.robots) j) AS robots_meta, -- directives of robots meta elements and X-Robots-Tag, separated by commas
  CASE WHEN f.index_reason = 'ok' THEN 1 WHEN coalesce(f.index_reason, CASE v.outcome WHEN 'robots_blocked' THEN 'robots' END) IS NOT NULL THEN 0 END AS indexable, -- 1 when a search engine would take it, 0 when not, NULL where it is no page to ask that of
  coalesce(f.index_reason, CASE v.outcome WHEN 'robots_blocked' THEN 'robots' END) AS index_reason, -- ok, or why not: status, redirect, noindex_meta, noindex_header, canonical_other, robots, not_html
  f.word_count,                                          -- words of visible text
  f.link_count,                                          -- links on the page
  CASE WHEN v.facts_id IS NOT NULL THEN coalesce(il.inlink_count, 0) ELSE il.inlink_count END AS inlink_count, -- links from other pages, known when the run has ended
  f.image_count,                                         -- images on the page
  v.wire_bytes,                                          -- of the body as received
  f.body_bytes,                                          -- of the body, decoded
  f.truncated,                                           -- 1 when the body is cut, by a limit or by the server
  lower(hex(f.body_sha256)) AS body_sha256,              -- of the decoded body, hexadecimal
  c.remote_ip,                                           -- the address that answered
  c.http_version,                                        -- HTTP/1.1 or HTTP/2.0
  v.dns_ms,                                              -- resolving the name; 0 on a connection that was open
  v.connect_ms,                                          -- connecting; 0 on a connection that was open
  v.tls_ms,                                              -- TLS handshake; 0 on a connection that was open
  v.ttfb_ms,                                             -- from the request to the first byte of the answer
  v.total_ms,                                            -- the whole of the last attempt
  EXISTS (SELECT 1 FROM _sitemap_urls m WHERE m.run_id = v.run_id AND m.url_id = v.url_id) AS in_sitemap, -- 1 when a sitemap of the site names it
  v.attempts,                                            -- requests made, retries included
  strftime('%Y-%m-%dT%H:%M:%fZ', v.fetched_epoch_ms / 1000.0, 'unixepoch') AS fetched_at, -- when it was visited, UTC
  v.used_for,                                            -- what the visit was for: read, measure (size and type only), check (external), map (sitemap)
  v.found_by,                                            -- how the run learned of it: seed, redirect, sitemap, link
  d.text AS detail,                                      -- what happened, in words
  v.not_modified,                                        -- 1 when the answer was 304: the content is that of the run before
  f.headings,                                            -- JSON array of [level, text]
  f.open_graph,                                          -- JSON array of [name, value]: og:* and twitter:*
  f.schema_types,                                        -- JSON array of the types of structured data
  f.alternates,                                          -- JSON array of hreflang: the same page in other languages
  f.image_no_alt_count,                                  -- images without alternative text
  f.text_hash,                                           -- 64 bits of the visible text: equal texts have equal hashes
  f.simhash,                                             -- 64 bits of the visible text: similar texts differ in few bits
  hd.text AS headers,                                    -- JSON array of [name, value]: the response's header without what differs from answer to answer
  f.etag,                                                -- validator, as the server sent it
  f.last_modified,                                       -- validator, as the server sent it
  f.charset_source,                                      -- where the charset was read: bom, header, meta, guess, default
  f.parse_mode,                                          -- tokens when the page was read whole, partial when a limit cut it short
  f.sniffed_type,                                        -- what the body shows, where that is of another kind than content_type says
  f.charset_seen,                                        -- what the bytes look like, whatever is declared: ascii, utf-8 or other
  f.content_encoding,                                    -- Content-Encoding: gzip, br, ...; NULL without one
  f.fresh_s,                                             -- seconds that a browser may use the answer without asking again; 0 when it may not, NULL where nothing says
  f.blocked_by,                                          -- what stood in the way of the content, as far as the answer shows: waf, rate_limit, auth, legal, portal
  f.title_count,                                         -- title elements, those in svg left aside
  f.title_in_body,                                       -- 1 when a title came after the head was over
  f.description_count,                                   -- meta descriptions
  f.heading_skip,                                        -- 1 when a heading's level rises by more than one
  f.viewport,                                            -- the meta viewport
  f.canonicals,                                          -- JSON array of {raw, url, header, in_body}: every canonical, where there is more to say than canonical does
  f.refresh,                                             -- JSON {seconds, url, header} of the refresh that the page asks for
  f.schema_bad_count,                                    -- JSON-LD blocks that are not JSON
  f.form_count,                                          -- forms
  f.insecure_form_count,                                 -- forms that send to http, or ask for a password on a page that came over http
  f.password_count,                                      -- password inputs
  f.mixed_active_count,                                  -- scripts, styles and frames over http on a page that came over https
  f.mixed_passive_count,                                 -- pictures, sound and icons over http on a page that came over https
  f.script_count,                                        -- scripts; blocks of data are none
  f.inline_script_count,                                 -- of these, those without src
  f.style_count,                                         -- style elements and linked sheets
  f.element_count,                                       -- elements
  f.element_depth,                                       -- the deepest nesting of elements
  f.duplicate_id_count,                                  -- ids that an element before has already
  f.replaced_count,                                      -- U+FFFD in the source: what could not be decoded, here or before
  f.head_closed_by,                                      -- the element that ended the head early while metadata still followed; #text for text
  pm.link_score,                                         -- PageRank over internal follow links: 1 is the mean of the run, more is better linked
  pm.click_depth,                                        -- fewest clicks from a seed over follow links; NULL where none lead there
  nd.group_id AS near_duplicate_group                    -- the same number for all pages of the run whose texts nearly agree; NULL where there is no other
FROM _sites s
JOIN _runs r ON r.site_id = s.id
JOIN _visits v ON v.run_id = r.id
LEFT JOIN _urls u ON u.id = v.url_id
LEFT JOIN _origins og ON og.id = u.origin_id
LEFT JOIN _hosts h ON h.id = og.host_id
LEFT JOIN _urls fo ON fo.id = v.found_on_id
LEFT JOIN _urls rt ON rt.id = v.redirect_to_id
LEFT JOIN _facts f ON f.id = v.facts_id
LEFT JOIN _urls ca ON ca.id = f.canonical_id
LEFT JOIN _connections c ON c.id = v.connection_id
LEFT JOIN _texts d ON d.id = v.detail_id
LEFT JOIN _texts hd ON hd.id = f.headers_id
LEFT JOIN _inlinks il ON il.run_id = v.run_id AND il.url_id = v.url_id
LEFT JOIN _page_metrics pm ON pm.run_id = v.run_id AND pm.url_id = v.url_id
LEFT JOIN _near_duplicates nd ON nd.run_id = v.run_id AND nd.url_id = v.url_id;

DROP VIEW IF EXISTS links_history;
CREATE VIEW links_history AS
-- One row per link of every page of every run.
SELECT
  s.name AS site,                                        -- name of the site
  v.run_id,                                              -- the run (runs.id)
  su.url AS source_url,                                  -- the page that the link stands on
  tu.url AS target_url,                                  -- where it leads, canonical; the text as it stood where it is no URL to fetch
  k.kind,                                                -- a, area, img, srcset, script, css, iframe, frame, form, media, canonical, alternate, next, prev, icon, header, refresh, ...
  a.text AS anchor,                                      -- the link's text, or the image's alternative
  k.rel,                                                 -- lower-case tokens, one space between
  k.position,                                            -- head, nav, header, main, aside, footer, body or http_header
  k.internal,                                            -- 1 when the target is in the site's scope
  k.nofollow,                                            -- 1 when the link or its page asks not to follow it
  fr.text AS fragment,                                   -- of the target, without #
  tv.outcome AS target_outcome,                          -- how the target ended in the same run (pages.outcome); NULL when the run did not take it up
  tv.status AS target_status,                            -- the target's HTTP status in the same run
  o.text AS original,                                    -- the URL before its canonical form changed it; NULL when it did not
  tv.reason AS target_reason                             -- why the target was not asked for (pages.reason)
FROM _sites s
JOIN _runs r ON r.site_id = s.id
JOIN _visits v ON v.run_id = r.id
JOIN _facts f ON f.id = v.facts_id AND f.url_id = v.url_id
JOIN _link_lists b ON b.facts_id = f.id
JOIN _links l ON b.block_id = l.id >> 6                  -- the way from a link to its block; from a block to its links, which are few:
  AND likelihood(l.id >= b.block_id << 6, 0.00001) AND l.id <= b.block_id << 6 | 63
LEFT JOIN _link_labels n ON n.id = l.label_id
LEFT JOIN _link_shapes k ON k.id = n.shape_id
LEFT JOIN _urls su ON su.id = v.url_id
LEFT JOIN _urls tu ON tu.id = l.target_id
LEFT JOIN _texts a ON a.id = n.anchor_id
LEFT JOIN _texts fr ON fr.id = n.fragment_id
LEFT JOIN _texts o ON o.id = n.original_id
LEFT JOIN _visits tv ON tv.run_id = v.run_id AND tv.url_id = l.target_id;

DROP VIEW IF EXISTS issues_history;
CREATE VIEW issues_history AS
-- One row per issue of every run: what a rule says of a page, a host or the site.
SELECT
  s.name AS site,                                        -- name of the site
  i.run_id,                                              -- the run (runs.id)
  ru.name AS rule,                                       -- the rule that answered (rules.name)
  CASE i.severity WHEN 1 THEN 'critical' WHEN 2 THEN 'high' WHEN 3 THEN 'medium' WHEN 4 THEN 'low' ELSE 'info' END AS severity, -- critical, high, medium, low or info
  ru.subject,                                            -- what it is about: page, host or site
  u.url,                                                 -- of the page; NULL where it is about a host or the site
  coalesce(uh.name, h.name) AS host,                     -- of the page, or the host itself; NULL where it is about the site
  coalesce(e.json, '{}') AS evidence,                    -- JSON object: the values that made the rule answer, with samples; titles and headings are cut at 200 characters, descriptions at 500
  CASE WHEN m.until_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AND i.state <> 4 THEN 'muted' WHEN i.state = 1 THEN 'new' WHEN i.state = 2 THEN 'ongoing' WHEN i.state = 3 THEN 'regressed' ELSE 'fixed' END AS state, -- new, ongoing, regressed (it was fixed before), fixed (since the run before) or muted
  strftime('%Y-%m-%dT%H:%M:%fZ', i.first_seen_epoch_ms / 1000.0, 'unixepoch') AS first_seen_at, -- when the first run that had it began, UTC
  strftime('%Y-%m-%dT%H:%M:%fZ', i.last_seen_epoch_ms / 1000.0, 'unixepoch') AS last_seen_at, -- when the last run that had it began, UTC; an earlier one than this where it could not be looked at
  ru.title,                                              -- the rule in a few words
  i.severity AS severity_rank,                           -- 1 for critical to 5 for info
  m.until_at AS muted_until,                             -- until when it is muted, UTC
  m.reason AS mute_reason,                               -- why it is muted
  s.id || '-' || i.rule_id || '-' || i.subject_id AS fingerprint -- the same issue has the same in every run
FROM _sites s
JOIN _runs r ON r.site_id = s.id
JOIN _issues i ON i.run_id = r.id
JOIN _rules ru ON ru.id = i.rule_id
LEFT JOIN _urls u ON u.id = i.subject_id AND ru.subject = 'page'
LEFT JOIN _origins og ON og.id = u.origin_id
LEFT JOIN _hosts uh ON uh.id = og.host_id
LEFT JOIN _hosts h ON h.id = i.subject_id AND ru.subject = 'host'
LEFT JOIN _evidence e ON e.id = i.evidence_id
LEFT JOIN _mutes m ON m.id = i.mute_id;

DROP VIEW IF EXISTS rules;
CREATE VIEW rules AS
-- One row per rule that a run was analysed by.
SELECT
  ru.name,                                               -- unique, such as title.missing
  ru.title,                                              -- what it finds, in a few words
  ru.severity,                                           -- of its issues, where none has another: critical, high, medium, low or info
  ru.subject,                                            -- what it answers about: page, host or site
  ru.why,                                                -- why it matters
  ru.fix,                                                -- what to do
  ru.thresholds,                                         -- JSON object: the names and values of its thresholds
  ru.sql                                                 -- the SQL that finds its issues
FROM _rules ru;

DROP VIEW IF EXISTS changes_history;
CREATE VIEW changes_history AS
-- One row per thing in which a run differs from the one before it, of every run.
SELECT
  s.name AS site,                                        -- name of the site
  c.run_id,                                              -- the run that found it (runs.id)
  r.previous_run_id,                                     -- the run that it was compared with (runs.id)
  coalesce(u.url, c.subject) AS subject,                 -- the URL, or on the network side the host, with the port where it is one port
  c.what,                                                -- new, back, gone; of what stayed the field that changed: status, redirect_to, indexability, headers, content_type, charset, title, description, h1, headings, lang, viewport, canonical, robots_meta, hreflang, open_graph, schema_types, text, links_added, links_removed, body; of hosts robots_txt, dns, port, service, certificate
  c.old,                                                 -- as it was; NULL for nothing. Headers, headings and links are JSON arrays
  c.new,                                                 -- as it is; NULL for nothing
  coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', v.fetched_epoch_ms / 1000.0, 'unixepoch'), r.finished_at) AS changed_at, -- when the run saw it, UTC
  c.kind,                                                -- of the subject: page (any URL), robots or host
  h.name AS host                                         -- of the subject
FROM _sites s
JOIN _runs r ON r.site_id = s.id
JOIN _changes c ON c.run_id = r.id
LEFT JOIN _urls u ON u.id = c.url_id
LEFT JOIN _origins og ON og.id = u.origin_id
LEFT JOIN _hosts h ON h.id = coalesce(c.host_id, og.host_id)
LEFT JOIN _visits v ON v.run_id = c.run_id AND v.url_id = c.url_id;

DROP VIEW IF EXISTS hosts;
CREATE VIEW hosts AS
-- One row per host that a run met or a probe asked.
SELECT
  h.name,                                                -- lower case, ASCII
  h.registrable_domain,                                  -- by the public suffix list
  (SELECT json_group_array(DISTINCT s.name) FROM _site_hosts sh JOIN _sites s ON s.id = sh.site_id WHERE sh.host_id = h.id) AS sites, -- JSON array of the sites whose runs met it
  (SELECT json_group_array(a.address) FROM (SELECT remote_ip AS address FROM _connections WHERE host_id = h.id UNION SELECT value FROM _dns_records WHERE host_id = h.id AND current AND type IN ('A', 'AAAA') AND value IS NOT NULL UNION SELECT address FROM _ports WHERE host_id = h.id AND current AND state = 'open') a) AS addresses, -- JSON array of the addresses that answered, and of those that its name has now
  (SELECT json_group_array(o.port) FROM (SELECT port FROM _ports WHERE host_id = h.id AND current AND state = 'open' AND protocol = 'tcp' UNION SELECT port FROM _connections c WHERE host_id = h.id AND NOT EXISTS (SELECT 1 FROM _ports p WHERE p.host_id = h.id AND p.address = c.remote_ip AND p.port = c.port AND p.current AND p.state <> 'open')) o) AS open_ports, -- JSON array of the TCP ports that answered and that nothing later found closed
  coalesce((SELECT min(x.not_after) FROM _certificate_sightings k JOIN _certificates x ON x.id = k.certificate_id WHERE k.host_id = h.id AND k.current), (SELECT min(x.not_after) FROM _connections c JOIN _certificates x ON x.id = c.certificate_id WHERE c.host_id = h.id)) AS certificate_not_after, -- when the first of the certificates that it shows now ends, UTC
  h.first_seen_at,                                       -- when it was first learned of, UTC
  h.last_seen_at                                         -- when it was last asked, UTC
FROM _hosts h;

DROP VIEW IF EXISTS dns_records;
CREATE VIEW dns_records AS
-- One row per record of the DNS, or want of one, for as long as it was so.
SELECT
  h.name AS host,                                        -- that was asked for, lower case, ASCII
  d.type,                                                -- A, AAAA, CNAME, MX, ...
  d.value,                                               -- as zone files write it, names without their final dot; NULL where the host has no such record
  d.ttl,                                                 -- seconds, the longest seen; NULL where the source tells none, as /etc/hosts
  d.rcode,                                               -- NOERROR, NXDOMAIN, SERVFAIL, ...; NULL where no answer came
  d.resolver,                                            -- who answered: system, hosts, an address with port, tls://... or https://...
  d.first_seen_at,                                       -- UTC
  d.last_seen_at,                                        -- UTC
  d.current,                                             -- 1 when it was so when it was last asked, 0 when something else has come
  d.name AS owner,                                       -- whose record it is: the host, or a name that a CNAME led to
  d.failure,                                             -- why there is no record: nxdomain, no_record, servfail, dns_timeout, ...
  d.detail,                                              -- the failure in words
  d.flags,                                               -- of the last answer: aa, tc, rd, ra, ad, cd
  d.rtt_ms                                               -- of the last answer
FROM _dns_records d
JOIN _hosts h ON h.id = d.host_id;

DROP VIEW IF EXISTS ports;
CREATE VIEW ports AS
-- One row per state of a port, for as long as it lasted. Scans keep no row of the thousands of ports that were never open.
SELECT
  h.name AS host,                                        -- as it was asked for: a name, or the address itself
  p.address,                                             -- IP address
  p.protocol,                                            -- tcp or udp
  p.port,                                                -- number
  p.state,                                               -- open, closed or filtered
  p.reason,                                              -- what the state was last read from: accept, reply, refused, no_response, unreachable, prohibited, self_connect
  p.rtt_ms,                                              -- until the state was known, at the last asking
  p.service,                                             -- who answers, by protocol: http, ssh, imap, ...; NULL where it was not recognised
  p.product,                                             -- where the protocol tells it
  p.version,                                             -- as the service writes it
  p.banner,                                              -- the first bytes that it said at the last asking, escaped
  p.tls,                                                 -- 1 when it speaks TLS, at once or by STARTTLS; NULL where nobody asked who answers
  p.first_seen_at,                                       -- UTC
  p.last_seen_at,                                        -- UTC
  p.current,                                             -- 1 when it was so when the port was last asked, 0 when something else has come
  p.starttls,                                            -- 1 when it offers to go over to TLS
  p.facts                                                -- JSON array of {name, value}: what else it tells of itself
FROM _ports p
JOIN _hosts h ON h.id = p.host_id;

DROP VIEW IF EXISTS certificates;
CREATE VIEW certificates AS
-- One row per certificate and place where it was seen, for as long as it was shown there.
SELECT
  h.name AS host,                                        -- that was asked for, which the certificate should name
  k.address,                                             -- that showed it
  k.port,                                                -- that showed it
  x.subject,                                             -- distinguished name
  x.issuer,                                              -- distinguished name
  x.sans,                                                -- JSON array of the names that it is for
  x.not_before,                                          -- UTC
  x.not_after,                                           -- UTC
  x.key,                                                 -- RSA 2048, ECDSA P-256, Ed25519, ...
  x.signature,                                           -- SHA256-RSA, ...
  lower(hex(x.sha256)) AS sha256,                        -- of the certificate, hexadecimal
  k.verify_error,                                        -- why it does not verify; NULL when it does
  k.tls_version,                                         -- of the last connection: TLS 1.3
  k.cipher,                                              -- of the last connection
  k.alpn,                                                -- of the last connection: h2, http/1.1
  k.first_seen_at,                                       -- UTC
  k.last_seen_at,                                        -- UTC
  k.current,                                             -- 1 when it was shown when the place was last asked, 0 when something else has come
  k.facts                                                -- JSON object of what a probe learned of the TLS there: group, starttls, must_staple, chain, offers, groups, staple
FROM _certificate_sightings k
JOIN _certificates x ON x.id = k.certificate_id
JOIN _hosts h ON h.id = k.host_id;

DROP VIEW IF EXISTS origins_history;
CREATE VIEW origins_history AS
-- One row per scheme, host and port that a run had to do with, of every run.
SELECT
  s.name AS site,                                        -- name of the site
  ro.run_id,                                             -- the run (runs.id)
  o.origin,                                              -- https://example.org:8443, the port only where it is not the scheme's own
  h.name AS host,                                        -- lower case, without port
  ro.robots_status,                                      -- HTTP status of its robots.txt; 0 when no answer came
  ro.robots_failure,                                     -- why none came
  ro.robots_blocks_all,                                  -- 1 when it forbids everything to robots that it does not name
  lower(hex(ro.robots_sha256)) AS robots_sha256,         -- of robots.txt, hexadecimal
  ro.complaint_count,                                    -- answers that asked for less: 429, 503, Retry-After
  ro.stopped_ms,                                         -- that it was not asked at all for, by its wish or because it did not answer
  ro.parked,                                             -- 1 when it was given up for the rest of the run
  ro.not_found_status,                                   -- what it answers to a page that nobody made; NULL when it was not asked
  ro.not_found_word_count,                               -- words of that answer
  ro.not_found_text_hash,                                -- as pages.text_hash
  ro.not_found_simhash,                                  -- as pages.simhash
  o.robots_url,                                          -- where robots.txt was in the end, when it was last read
  o.robots_faults,                                       -- JSON array of {line, text}: what is wrong with robots.txt as it was last read
  o.robots_sitemaps,                                     -- JSON array of the sitemaps that it names, as they stand
  o.robots_crawl_delay_ms,                               -- that it asks of us
  o.robots_truncated                                     -- 1 when it is longer than is read
FROM _sites s
JOIN _runs r ON r.site_id = s.id
JOIN _run_origins ro ON ro.run_id = r.id
JOIN _origins o ON o.id = ro.origin_id
JOIN _hosts h ON h.id = o.host_id;

DROP VIEW IF EXISTS sitemaps_history;
CREATE VIEW sitemaps_history AS
-- One row per sitemap file that was read, of every run.
SELECT
  s.name AS site,                                        -- name of the site
  m.run_id,                                              -- the run (runs.id)
  u.url,                                                 -- canonical
  m.kind,                                                -- urlset, index, text, rss or atom; NULL when it is none of these
  m.entry_count,                                         -- URLs of pages that it lists
  m.child_count,                                         -- other sitemaps that it names
  m.fault,                                               -- the first thing that is wrong with it; NULL for nothing
  fo.url AS found_on,                                    -- the robots.txt or index that names it; NULL when nobody does
  f.body_bytes,                                          -- decoded
  f.truncated                                            -- 1 when a limit cut it
FROM _sites s
JOIN _runs r ON r.site_id = s.id
JOIN _sitemaps m ON m.run_id = r.id
JOIN _urls u ON u.id = m.url_id
JOIN _visits v ON v.run_id = m.run_id AND v.url_id = m.url_id
LEFT JOIN _urls fo ON fo.id = v.found_on_id
LEFT JOIN _facts f ON f.id = v.facts_id;
