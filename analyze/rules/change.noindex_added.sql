-- title: A page that could be found asks not to be found now
-- severity: high
-- subject: page
-- why: Search engines drop it.
-- fix: Remove noindex, if that is not meant.
SELECT p.url_id AS subject, json_object('robots', json(p.robots)) AS evidence
FROM temp.page p
CROSS JOIN temp.before b ON b.url_id = p.url_id
WHERE p.noindex AND b.index_reason IN ('ok', 'canonical_other');
