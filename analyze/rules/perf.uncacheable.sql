-- title: Browsers may not keep what pages are built of
-- severity: low
-- subject: host
-- why: Styles, scripts and pictures are loaded anew on every page.
-- fix: Send Cache-Control with a max-age for them, and change their name when they change.
WITH lost AS (
  SELECT v.host_id, v.url_id FROM temp.visit v
  WHERE v.internal AND v.outcome = 'ok' AND v.used_for = 'measure'
    AND (v.content_type LIKE 'image/%' OR v.content_type LIKE 'font/%' OR v.content_type IN ('text/css', 'text/javascript', 'application/javascript'))
    AND (v.fresh_s <= 0 OR v.fresh_s IS NULL AND NOT v.revalidates)
)
SELECT p.host_id AS subject, json_object('urls', count(*), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM lost q CROSS JOIN main._urls u ON u.id = q.url_id WHERE q.host_id = p.host_id LIMIT 5)))) AS evidence
FROM lost p
GROUP BY p.host_id;
