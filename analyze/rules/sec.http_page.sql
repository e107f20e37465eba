-- title: Pages are served without encryption
-- severity: high
-- subject: host
-- why: Others on the way can read and change what visitors see and type, and browsers call the site
--   not secure.
-- fix: Get a certificate, and redirect every http address to https.
SELECT p.host_id AS subject, json_object('pages', count(*), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM temp.page q CROSS JOIN main._urls u ON u.id = q.url_id WHERE q.host_id = p.host_id AND NOT q.https LIMIT 5)))) AS evidence
FROM temp.page p
WHERE NOT p.https
GROUP BY p.host_id;
