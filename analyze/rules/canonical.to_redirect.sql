-- title: The canonical URL redirects
-- severity: medium
-- subject: page
-- why: Search engines have to guess which address is meant.
-- fix: Name the address that the redirect leads to.
SELECT p.url_id AS subject, json_patch('{}', json_object('canonical', u.url, 'status', c.status)) AS evidence
FROM temp.page p
CROSS JOIN temp.visit c ON c.url_id = p.canonical_id
CROSS JOIN main._urls u ON u.id = p.canonical_id
WHERE p.canonical_id <> p.url_id AND c.outcome = 'redirect';
