-- title: The page sends visitors on by refresh
-- severity: low
-- subject: page
-- why: Search engines are slow to follow it, the back button does not work, and readers of slow
--   text are interrupted.
-- fix: Redirect in the server with 301 or 308, or leave visitors where they are.
-- threshold: seconds 5 seconds
SELECT subject, json_object('seconds', json_extract(refresh, '$.seconds'), 'url', json_extract(refresh, '$.url')) AS evidence
FROM (
  SELECT p.url_id AS subject, p.refresh FROM temp.page p WHERE p.refresh IS NOT NULL
  UNION ALL
  SELECT v.url_id, f.refresh FROM temp.visit v CROSS JOIN main._facts f ON f.id = v.facts_id
  WHERE v.outcome = 'redirect' AND v.reason IN ('meta_refresh', 'refresh_header') AND v.internal
)
WHERE json_extract(refresh, '$.url') <> '' OR json_extract(refresh, '$.seconds') <= :seconds;
