-- title: Cookies lack protection
-- severity: medium
-- subject: host
-- why: They can be read on the way, or by a script that somebody smuggles in, and whoever has a
--   session cookie is that visitor.
-- fix: Set Secure on all cookies, HttpOnly on those of sessions, and SameSite=None only together
--   with Secure.
WITH set_cookie AS (
  SELECT h.headers_id, j.value ->> 1 AS cookie, lower(replace(j.value ->> 1, ' ', '')) || ';' AS flat
  FROM (SELECT DISTINCT headers_id FROM temp.page WHERE https) h
  CROSS JOIN main._texts t ON t.id = h.headers_id
  CROSS JOIN json_each(t.text) j
  WHERE instr(t.text, '["Set-Cookie",') > 0 AND j.value ->> 0 = 'Set-Cookie'
), bad AS (
  SELECT headers_id, cookie FROM set_cookie
  WHERE instr(flat, ';secure;') = 0
    OR instr(flat, ';httponly;') = 0 AND (cookie LIKE '%sess%=%' OR cookie LIKE 'sid=%' OR cookie LIKE '%token=%' OR cookie LIKE '%auth%=%')
)
SELECT p.host_id AS subject, json_object('cookies', json_group_array(DISTINCT substr(b.cookie, 1, 200)), 'example', min(u.url)) AS evidence
FROM bad b
JOIN temp.page p ON p.headers_id = b.headers_id
JOIN main._urls u ON u.id = p.url_id
WHERE p.https
GROUP BY p.host_id;
