-- title: The canonical URL names another canonical URL
-- severity: medium
-- subject: page
-- why: Search engines may not follow the chain to its end.
-- fix: Name the last page of the chain at once.
SELECT p.url_id AS subject, json_patch('{}', json_object('canonical', u.url, 'and_on_to', (SELECT url FROM main._urls WHERE id = c.canonical_id))) AS evidence
FROM temp.page p
CROSS JOIN temp.visit c ON c.url_id = p.canonical_id
CROSS JOIN main._urls u ON u.id = p.canonical_id
WHERE p.canonical_id <> p.url_id AND c.canonical_id IS NOT NULL AND c.canonical_id <> c.url_id AND c.outcome = 'ok';
