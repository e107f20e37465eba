-- title: The canonical URL of the page changed
-- severity: medium
-- subject: page
-- why: Search engines may show another page than before.
-- fix: Nothing, if that is meant.
SELECT p.url_id AS subject, json_patch('{}', json_object(
  'old', (SELECT u.url FROM main._urls u WHERE u.id = b.canonical_id), 'new', (SELECT u.url FROM main._urls u WHERE u.id = p.canonical_id))) AS evidence
FROM temp.page p
CROSS JOIN temp.before b ON b.url_id = p.url_id
WHERE b.status IN (200, 304) AND b.outcome = 'ok' AND p.canonical_id IS NOT b.canonical_id;
