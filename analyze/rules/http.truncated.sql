-- title: The page was cut at the size limit
-- severity: info
-- subject: page
-- why: What stands behind the limit was not looked at.
-- fix: Raise --max-body to see all of it; a page of that size is slow for visitors too.
SELECT v.url_id AS subject, json_object('bytes', v.body_bytes) AS evidence
FROM temp.visit v
WHERE v.internal AND v.outcome = 'ok' AND v.truncated AND v.used_for IN ('read', 'map')
  -- Of a file that is no text, only the beginning is ever read, and nobody misses the rest.
  AND (v.content_type IS NULL OR v.content_type LIKE 'text/%' OR v.content_type LIKE '%xml' OR v.content_type LIKE '%json' OR v.content_type LIKE '%javascript');
