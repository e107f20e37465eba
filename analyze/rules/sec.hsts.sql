-- title: Browsers are not told to come by https only
-- severity: medium
-- subject: host
-- why: The first request of a visitor may go out without encryption and be led elsewhere.
-- fix: Send Strict-Transport-Security with a max-age of a year on every https answer.
WITH bare AS (
  SELECT h.headers_id FROM (SELECT DISTINCT headers_id FROM temp.page) h
  LEFT JOIN main._texts t ON t.id = h.headers_id
  WHERE instr(coalesce(t.text, ''), '["Strict-Transport-Security",') = 0
)
SELECT p.host_id AS subject, json_object('pages', count(*), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM temp.page q CROSS JOIN main._urls u ON u.id = q.url_id
    WHERE q.host_id = p.host_id AND q.https AND coalesce(q.headers_id, 0) IN (SELECT coalesce(headers_id, 0) FROM bare) LIMIT 5)))) AS evidence
FROM temp.page p
WHERE p.https AND coalesce(p.headers_id, 0) IN (SELECT coalesce(headers_id, 0) FROM bare)
GROUP BY p.host_id;
