-- title: The canonical URL is not to be found
-- severity: high
-- subject: page
-- why: The page says that another stands for it, and that other asks to be left out: neither may be
--   found.
-- fix: Name a page that can be found, or remove noindex there.
SELECT p.url_id AS subject, json_patch('{}', json_object('canonical', u.url, 'reason', coalesce(c.index_reason, 'robots'))) AS evidence
FROM temp.page p
CROSS JOIN temp.visit c ON c.url_id = p.canonical_id
CROSS JOIN main._urls u ON u.id = p.canonical_id
WHERE p.canonical_id <> p.url_id AND (c.outcome = 'robots_blocked' OR c.index_reason IN ('noindex_meta', 'noindex_header', 'not_html', 'robots'));
