-- title: A redirect leads to another redirect
-- severity: medium
-- subject: page
-- why: Each hop takes time, and search engines follow only so many.
-- fix: Let the first redirect lead to the last address at once.
-- threshold: hops 2 hops
SELECT v.url_id AS subject, json_object('hops', r.hops, 'leads_to', u.url) AS evidence
FROM temp.redirect_end r
CROSS JOIN temp.visit v ON v.url_id = r.url_id
CROSS JOIN main._urls u ON u.id = r.end_id
WHERE v.internal AND r.hops >= :hops AND v.found_by <> 'redirect';
