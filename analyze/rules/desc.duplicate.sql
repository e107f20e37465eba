-- title: Several pages have the same description
-- severity: low
-- subject: page
-- why: Under different titles people read the same sentence, which tells them nothing of the page.
-- fix: Describe each page by itself, or leave the description out.
-- compares: yes
WITH shared AS (
  SELECT p.host_id, p.description, count(*) AS n, min(p.url_id) AS first_id, max(p.url_id) AS last_id
  FROM temp.page p
  WHERE p.idx AND p.description_length > 0
  GROUP BY p.host_id, p.description
  HAVING count(*) > 1 AND count(DISTINCT p.text_hash) > 1
)
SELECT p.url_id AS subject, json_object('description', substr(s.description, 1, 500), 'pages', s.n,
  'another', (SELECT u.url FROM main._urls u WHERE u.id = iif(s.first_id = p.url_id, s.last_id, s.first_id))) AS evidence
FROM shared s
JOIN temp.page p ON p.host_id = s.host_id AND p.description = s.description
WHERE p.idx;
