-- What differs between two runs of a site: one row per subject and thing that changed.
-- :run is the later run, :before the earlier, :site their site. :whole is 1 where a URL
-- that the later run does not know is gone from the site: it visited all that it found,
-- by a policy that reaches as far as that of the earlier.
--
-- A URL is "there" when it answers ok or with a redirect. Whether a page appeared or went
-- is told once; its fields are compared only where it is there, or not, in both runs. Two
-- visits that point to the same facts said the same, so only the others are looked at.
WITH
  -- The URLs that both runs asked for and that did not answer the same.
  pairs AS MATERIALIZED (
    SELECT
      v.url_id, v.used_for,
      p.facts_id AS old_facts, v.facts_id AS new_facts,
      p.redirect_to_id AS old_redirect, v.redirect_to_id AS new_redirect,
      p.outcome IN ('ok', 'redirect') AS was_there, v.outcome IN ('ok', 'redirect') AS is_there,
      v.outcome IN ('http_error', 'dns_error', 'connect_error', 'tls_error', 'timeout', 'protocol_error') AS fails,
      coalesce(CASE p.not_modified WHEN 1 THEN 200 ELSE p.status END, p.failure, p.outcome) AS old_status,
      coalesce(CASE v.not_modified WHEN 1 THEN 200 ELSE v.status END, v.failure, v.outcome) AS new_status
    FROM _visits v CROSS JOIN _visits p ON p.run_id = :before AND p.url_id = v.url_id
    WHERE v.run_id = :run
      AND v.outcome NOT IN ('pending', 'excluded') AND p.outcome NOT IN ('pending', 'excluded')
      AND (v.facts_id IS NOT p.facts_id OR v.outcome <> p.outcome OR v.redirect_to_id IS NOT p.redirect_to_id
        OR v.failure IS NOT p.failure OR v.facts_id IS NULL AND v.status IS NOT p.status)
  ),
  appeared AS (
    SELECT url_id, used_for, old_status, new_status FROM pairs WHERE is_there AND NOT was_there
    UNION ALL
    SELECT v.url_id, v.used_for, NULL, coalesce(v.status, v.outcome)
    FROM _visits v LEFT JOIN _visits p ON p.run_id = :before AND p.url_id = v.url_id
    WHERE v.run_id = :run AND v.outcome IN ('ok', 'redirect') AND v.used_for = 'read'
      AND (p.outcome IS NULL OR p.outcome IN ('pending', 'excluded'))
  ),
  went AS (
    SELECT url_id, old_status, new_status FROM pairs WHERE was_there AND fails
    UNION ALL
    SELECT p.url_id, coalesce(CASE p.not_modified WHEN 1 THEN 200 ELSE p.status END, p.outcome), 'nothing leads there'
    FROM _visits p LEFT JOIN _visits v ON v.run_id = :run AND v.url_id = p.url_id
    WHERE :whole AND p.run_id = :before AND p.outcome IN ('ok', 'redirect') AND p.used_for = 'read' AND v.url_id IS NULL
  ),
  -- The URLs whose fields are compared.
  stayed AS (
    SELECT * FROM pairs WHERE was_there = is_there OR was_there AND NOT fails
  ),
  versions AS MATERIALIZED (
    SELECT s.url_id, s.old_facts, s.new_facts, o.parse_mode IS NOT NULL AND n.parse_mode IS NOT NULL AS pages,
      -- Nobody read the body, it has the size that it had, and none of its validators is as it was.
      n.body_sha256 IS NULL AND o.body_sha256 IS NULL AND o.body_bytes IS n.body_bytes
        AND coalesce(o.etag <> n.etag, o.last_modified <> n.last_modified, 0)
        AND coalesce(o.last_modified <> n.last_modified, o.etag <> n.etag, 0) AS validators
    FROM stayed s CROSS JOIN _facts o ON o.id = s.old_facts CROSS JOIN _facts n ON n.id = s.new_facts
    WHERE s.old_facts <> s.new_facts AND s.old_status = s.new_status
  ),
  -- The header lines that one of two headers has and the other has not.
  headers AS MATERIALIZED (
    SELECT d.old_id, d.new_id,
      (SELECT json_group_array(json(o.value)) FROM json_each(a.text) o
        WHERE o.value ->> 0 <> 'Set-Cookie' AND o.value NOT IN (SELECT value FROM json_each(b.text))) AS old,
      (SELECT json_group_array(json(n.value)) FROM json_each(b.text) n
        WHERE n.value ->> 0 <> 'Set-Cookie' AND n.value NOT IN (SELECT value FROM json_each(a.text))) AS new
    FROM (
      SELECT DISTINCT o.headers_id AS old_id, n.headers_id AS new_id
      FROM versions x CROSS JOIN _facts o ON o.id = x.old_facts CROSS JOIN _facts n ON n.id = x.new_facts
      WHERE o.headers_id IS NOT n.headers_id
    ) d LEFT JOIN _texts a ON a.id = d.old_id LEFT JOIN _texts b ON b.id = d.new_id
  ),
  -- Every version has its fields that changed in one JSON array of [what, old, new].
  fields AS (
    SELECT x.url_id, x.pages,
      o.body_sha256 IS NOT n.body_sha256 OR n.body_sha256 IS NULL AND (o.body_bytes IS NOT n.body_bytes OR x.validators) AS other_body,
      o.body_bytes || ' bytes' || iif(x.validators, ', ' || coalesce(o.last_modified, o.etag), '') AS old_body,
      n.body_bytes || ' bytes' || iif(x.validators, ', ' || coalesce(n.last_modified, n.etag), '') AS new_body,
      json_array(
        CASE WHEN h.old <> '[]' OR h.new <> '[]' THEN json_array('headers', nullif(h.old, '[]'), nullif(h.new, '[]')) END,
        CASE WHEN o.content_type IS NOT n.content_type THEN json_array('content_type', o.content_type, n.content_type) END,
        CASE WHEN o.charset IS NOT n.charset THEN json_array('charset', o.charset, n.charset) END,
        CASE WHEN o.title IS NOT n.title THEN json_array('title', o.title, n.title) END,
        CASE WHEN o.description IS NOT n.description THEN json_array('description', o.description, n.description) END,
        CASE WHEN o.h1 IS NOT n.h1 THEN json_array('h1', o.h1, n.h1) END,
        CASE WHEN o.headings IS NOT n.headings AND o.h1 IS n.h1 THEN json_array('headings', o.headings, n.headings) END,
        CASE WHEN o.lang IS NOT n.lang THEN json_array('lang', o.lang, n.lang) END,
        CASE WHEN o.viewport IS NOT n.viewport THEN json_array('viewport', o.viewport, n.viewport) END,
        CASE WHEN o.canonical_id IS NOT n.canonical_id THEN json_array('canonical',
          (SELECT url FROM _urls WHERE id = o.canonical_id), (SELECT url FROM _urls WHERE id = n.canonical_id)) END,
        CASE WHEN o.robots IS NOT n.robots THEN json_array('robots_meta',
          (SELECT group_concat(value ->> '$.value', ', ') FROM json_each(o.robots)), (SELECT group_concat(value ->> '$.value', ', ') FROM json_each(n.robots))) END,
        CASE WHEN o.alternates IS NOT n.alternates THEN json_array('hreflang', o.alternates, n.alternates) END,
        CASE WHEN o.open_graph IS NOT n.open_graph THEN json_array('open_graph', o.open_graph, n.open_graph) END,
        CASE WHEN o.schema_types IS NOT n.schema_types THEN json_array('schema_types', o.schema_types, n.schema_types) END,
        CASE WHEN o.text_hash IS NOT n.text_hash THEN json_array('text', o.word_count || ' words', n.word_count || ' words') END
      ) AS list
    FROM versions x CROSS JOIN _facts o ON o.id = x.old_facts CROSS JOIN _facts n ON n.id = x.new_facts
    LEFT JOIN headers h ON h.old_id IS o.headers_id AND h.new_id IS n.headers_id
  ),
  -- The two directions in which the links of a page are compared.
  sides AS (
    SELECT url_id, 'links_removed' AS what, 'links_added' AS opposite, old_facts AS mine, new_facts AS other FROM versions WHERE pages
    UNION ALL
    SELECT url_id, 'links_added', 'links_removed', new_facts, old_facts FROM versions WHERE pages
  ),
  -- Blocks of links that only one version of a page has, and the links in them.
  lone_links AS (
    SELECT s.url_id, s.what, s.opposite, s.mine, s.other, l.target_id
    FROM sides s CROSS JOIN _link_lists b ON b.facts_id = s.mine
    CROSS JOIN _links l ON l.id BETWEEN b.block_id << 6 AND b.block_id << 6 | 63
    CROSS JOIN _link_labels n ON n.id = l.label_id CROSS JOIN _link_shapes k ON k.id = n.shape_id
    WHERE b.block_id NOT IN (SELECT block_id FROM _link_lists WHERE facts_id = s.other)
      AND k.kind NOT IN ('canonical', 'alternate', 'redirect', 'refresh')
  ),
  -- A link has moved when its page leads to its target in one version only.
  moved AS (
    SELECT url_id, what, target_id, row_number() OVER (PARTITION BY url_id, what ORDER BY target_id) AS place
    FROM (
      SELECT url_id, what, other, target_id FROM lone_links
      EXCEPT
      SELECT url_id, opposite, mine, target_id FROM lone_links
    ) c
    WHERE NOT EXISTS (
      SELECT 1 FROM _link_lists b CROSS JOIN _links l ON l.id BETWEEN b.block_id << 6 AND b.block_id << 6 | 63
      CROSS JOIN _link_labels n ON n.id = l.label_id CROSS JOIN _link_shapes k ON k.id = n.shape_id
      WHERE b.facts_id = c.other AND l.target_id = c.target_id
        AND k.kind NOT IN ('canonical', 'alternate', 'redirect', 'refresh'))
  ),
  links AS MATERIALIZED (
    SELECT m.url_id, m.what, json_group_array(u.url) AS urls
    FROM moved m CROSS JOIN _urls u ON u.id = m.target_id
    WHERE m.place <= 100
    GROUP BY m.url_id, m.what
  )
SELECT url_id, CASE WHEN EXISTS (
    SELECT 1 FROM _runs r CROSS JOIN _visits e ON e.run_id = r.id AND e.url_id = a.url_id
    WHERE r.site_id = :site AND r.id < :before AND e.outcome IN ('ok', 'redirect')
  ) THEN 'back' ELSE 'new' END AS what, old_status AS old, new_status AS new
FROM appeared a
UNION ALL
SELECT url_id, 'gone', old_status, new_status FROM went
UNION ALL
SELECT url_id, 'status', old_status, new_status FROM stayed WHERE old_status <> new_status
UNION ALL
SELECT s.url_id, 'redirect_to', (SELECT url FROM _urls WHERE id = s.old_redirect), (SELECT url FROM _urls WHERE id = s.new_redirect)
FROM stayed s WHERE s.old_redirect IS NOT s.new_redirect
UNION ALL
SELECT s.url_id, 'indexability', o.index_reason, n.index_reason
FROM stayed s LEFT JOIN _facts o ON o.id = s.old_facts LEFT JOIN _facts n ON n.id = s.new_facts
WHERE o.index_reason IS NOT n.index_reason AND (o.index_reason = 'ok' OR n.index_reason = 'ok')
UNION ALL
SELECT f.url_id, j.value ->> 0, j.value ->> 1, j.value ->> 2
FROM fields f CROSS JOIN json_each(f.list) j WHERE j.value IS NOT NULL
UNION ALL
-- Content that is no page's, or that changed in nothing named above.
SELECT f.url_id, 'body', f.old_body, f.new_body
FROM fields f WHERE f.other_body
  AND NOT EXISTS (SELECT 1 FROM json_each(f.list) j WHERE j.value ->> 0 <> 'headers')
  AND f.url_id NOT IN (SELECT url_id FROM links)
UNION ALL
SELECT url_id, what, CASE what WHEN 'links_removed' THEN urls END, CASE what WHEN 'links_added' THEN urls END FROM links
