-- title: Several pages have the same text
-- severity: high
-- subject: page
-- why: Search engines show one of them, perhaps not the one that you mean.
-- fix: Redirect the copies to one page, or let them name it as their canonical URL.
-- threshold: words 50 words at least
-- compares: yes
WITH shared AS (
  SELECT p.text_hash, count(*) AS n, min(p.url_id) AS first_id, max(p.url_id) AS last_id
  FROM temp.page p
  WHERE p.idx AND p.word_count >= :words
  GROUP BY p.text_hash
  HAVING count(*) > 1
)
SELECT p.url_id AS subject, json_object('pages', s.n,
  'another', (SELECT u.url FROM main._urls u WHERE u.id = iif(s.first_id = p.url_id, s.last_id, s.first_id))) AS evidence
FROM shared s
JOIN temp.page p ON p.text_hash = s.text_hash
WHERE p.idx AND p.word_count >= :words;
