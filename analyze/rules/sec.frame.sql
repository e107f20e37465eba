-- title: Other sites may put the pages into a frame
-- severity: low
-- subject: host
-- why: Visitors can be made to click on your page without seeing it.
-- fix: Send Content-Security-Policy: frame-ancestors 'self', or X-Frame-Options: SAMEORIGIN.
WITH bare AS (
  SELECT h.headers_id FROM (SELECT DISTINCT headers_id FROM temp.page) h
  LEFT JOIN main._texts t ON t.id = h.headers_id
  WHERE instr(coalesce(t.text, ''), '["X-Frame-Options",') = 0 AND instr(coalesce(t.text, ''), 'frame-ancestors') = 0
)
SELECT p.host_id AS subject, json_object('pages', count(*), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM temp.page q CROSS JOIN main._urls u ON u.id = q.url_id
    WHERE q.host_id = p.host_id AND coalesce(q.headers_id, 0) IN (SELECT coalesce(headers_id, 0) FROM bare) LIMIT 5)))) AS evidence
FROM temp.page p
WHERE coalesce(p.headers_id, 0) IN (SELECT coalesce(headers_id, 0) FROM bare)
GROUP BY p.host_id;
