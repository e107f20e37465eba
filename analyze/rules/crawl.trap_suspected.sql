-- title: The site makes addresses without end
-- severity: medium
-- subject: host
-- why: Search engines spend their visits on copies instead of on your pages.
-- fix: Find what makes these addresses, such as a calendar, a filter or a relative link, and close
--   it in robots.txt. Nothing, where every one of them is a page of its own.
-- threshold: share 0.25 of the pages, from which on many of one pattern are suspected
-- threshold: pages 1000 pages of one pattern at least
WITH pattern AS (
  SELECT p.host_id, path_pattern(u.url) AS path, count(*) AS n, count(DISTINCT p.text_hash) AS texts, min(u.url) AS example
  FROM temp.page p
  CROSS JOIN main._urls u ON u.id = p.url_id
  WHERE (SELECT count(*) FROM temp.page) > :pages
  GROUP BY 1, 2
  HAVING count(*) > :pages AND count(*) > :share * (SELECT count(*) FROM temp.page)
)
SELECT v.host_id AS subject, json_object('urls', count(*), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM temp.visit q CROSS JOIN main._urls u ON u.id = q.url_id WHERE q.reason = 'trap' AND q.host_id = v.host_id LIMIT 5)))) AS evidence,
  'medium' AS severity
FROM temp.visit v
WHERE v.reason = 'trap' AND v.internal
GROUP BY v.host_id
UNION ALL
-- Many pages of one pattern may be an archive; where they repeat each other it is a trap.
SELECT host_id, json_object('urls', n, 'pattern', path, 'different_texts', texts, 'sample', json_array(example)), iif(texts * 2 <= n, 'medium', 'info')
FROM pattern;
