-- title: Several pages have the same title
-- severity: medium
-- subject: page
-- why: Visitors cannot tell the pages apart in search results, and search engines may show only
--   one.
-- fix: Say in each title what is special about that page.
-- compares: yes
WITH shared AS (
  SELECT p.host_id, p.title, count(*) AS n, min(p.url_id) AS first_id, max(p.url_id) AS last_id
  FROM temp.page p
  WHERE p.idx AND p.title_length > 0
  GROUP BY p.host_id, p.title
  HAVING count(*) > 1 AND count(DISTINCT p.text_hash) > 1
)
SELECT p.url_id AS subject, json_object('title', substr(s.title, 1, 200), 'pages', s.n,
  'another', (SELECT u.url FROM main._urls u WHERE u.id = iif(s.first_id = p.url_id, s.last_id, s.first_id))) AS evidence
FROM shared s
JOIN temp.page p ON p.host_id = s.host_id AND p.title = s.title
WHERE p.idx;
