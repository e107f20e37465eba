-- title: Cookies lack protection
-- severity: medium
-- subject: host
-- why: They can be read on the way, or by a script that somebody smuggles in, and whoever has a
--   session cookie is that visitor.
-- fix: Set Secure on all cookies, HttpOnly on those of sessions, and SameSite=None only together
--   with Secure.
WITH cookie AS (
  SELECT h.host_id, h.url, j.value ->> 1 AS text, lower(replace(j.value ->> 1, ' ', '')) || ';' AS flat
  FROM temp.header_set h
  CROSS JOIN json_each(h.headers) j
  WHERE h.https AND instr(h.headers, '["Set-Cookie",') > 0 AND j.value ->> 0 = 'Set-Cookie'
)
SELECT host_id AS subject, json_object('cookies', json_group_array(DISTINCT substr(text, 1, 200)), 'example', min(url)) AS evidence
FROM cookie
WHERE instr(flat, ';secure;') = 0
  OR instr(flat, ';httponly;') = 0 AND (text LIKE '%sess%=%' OR text LIKE 'sid=%' OR text LIKE '%token=%' OR text LIKE '%auth%=%')
GROUP BY host_id;
