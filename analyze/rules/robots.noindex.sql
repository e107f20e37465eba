-- title: The page asks not to be found
-- severity: info
-- subject: page
-- why: Search engines leave it out of their results.
-- fix: Nothing, if that is meant. Otherwise remove noindex from its robots meta element or
--   X-Robots-Tag header.
SELECT p.url_id AS subject, json_object('robots', json(p.robots)) AS evidence, iif(b.index_reason = 'ok', 'high', 'info') AS severity
FROM temp.page p
LEFT JOIN temp.before b ON b.url_id = p.url_id
WHERE p.noindex;
