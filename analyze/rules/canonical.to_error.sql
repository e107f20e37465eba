-- title: The canonical URL is broken
-- severity: high
-- subject: page
-- why: Search engines are told that the real page is one that is not there, or at an address that
--   they cannot ask for.
-- fix: Name a page that is there, usually the page itself.
SELECT p.url_id AS subject, json_patch('{}', json_object('canonical', u.url, 'status', c.status, 'failure', c.failure)) AS evidence, 'high' AS severity
FROM temp.page p
CROSS JOIN temp.visit c ON c.url_id = p.canonical_id
CROSS JOIN main._urls u ON u.id = p.canonical_id
WHERE p.canonical_id <> p.url_id AND c.broken
UNION ALL
SELECT p.url_id, json_object('canonical', json_extract(p.canonicals, '$[0].raw')), 'medium' -- it is passed over
FROM temp.page p
WHERE p.canonical_id IS NULL AND json_extract(p.canonicals, '$[0].url') = '';
