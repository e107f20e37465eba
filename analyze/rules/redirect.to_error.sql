-- title: A redirect leads to an error
-- severity: high
-- subject: page
-- why: Visitors and search engines are sent on, and find nothing.
-- fix: Let the redirect lead to a page that is there, or answer 410 for what is gone.
SELECT v.url_id AS subject, json_patch('{}', json_object('leads_to', u.url, 'status', e.status, 'failure', e.failure)) AS evidence
FROM temp.redirect_end r
CROSS JOIN temp.visit v ON v.url_id = r.url_id
CROSS JOIN temp.visit e ON e.url_id = r.end_id
CROSS JOIN main._urls u ON u.id = r.end_id
WHERE v.internal AND e.broken AND v.found_by <> 'redirect';
