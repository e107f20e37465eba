-- title: Browsers may guess the type of the content
-- severity: low
-- subject: host
-- why: A file that somebody uploaded may run as a script.
-- fix: Send X-Content-Type-Options: nosniff.
WITH bare AS (
  SELECT h.headers_id FROM (SELECT DISTINCT headers_id FROM temp.page) h
  LEFT JOIN main._texts t ON t.id = h.headers_id
  WHERE instr(lower(coalesce(t.text, '')), '["x-content-type-options","nosniff') = 0
)
SELECT p.host_id AS subject, json_object('pages', count(*), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM temp.page q CROSS JOIN main._urls u ON u.id = q.url_id
    WHERE q.host_id = p.host_id AND coalesce(q.headers_id, 0) IN (SELECT coalesce(headers_id, 0) FROM bare) LIMIT 5)))) AS evidence
FROM temp.page p
WHERE coalesce(p.headers_id, 0) IN (SELECT coalesce(headers_id, 0) FROM bare)
GROUP BY p.host_id;
