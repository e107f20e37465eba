-- title: A page in another language cannot be found
-- severity: high
-- subject: page
-- why: Search engines ignore the entry.
-- fix: Let hreflang name the address of a page that is there and may be found.
SELECT subject, json_object('pages', json_group_array(DISTINCT url)) AS evidence, iif(max(grave), 'high', 'medium') AS severity
FROM (
  SELECT a.url_id AS subject, a.url, v.broken OR v.outcome = 'robots_blocked' OR coalesce(v.index_reason IN ('noindex_meta', 'noindex_header'), 0) AS grave,
    v.outcome = 'redirect' AS moved
  FROM temp.alternate a CROSS JOIN temp.visit v ON v.url_id = a.target_id
)
WHERE grave OR moved
GROUP BY subject;
