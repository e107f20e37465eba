-- title: Several pages have nearly the same text
-- severity: medium
-- subject: page
-- why: Search engines may take them for copies and show only one.
-- fix: Say on each page what is special about it, or put them together.
-- threshold: words 100 words at least
-- compares: yes
WITH near AS (
  SELECT d.group_id, count(*) AS n, min(p.url_id) AS first_id, max(p.url_id) AS last_id
  FROM main._near_duplicates d
  CROSS JOIN temp.page p ON p.url_id = d.url_id
  WHERE d.run_id = :run AND p.idx AND p.word_count >= :words
  GROUP BY d.group_id
  HAVING count(DISTINCT p.text_hash) > 1
)
SELECT p.url_id AS subject, json_object('pages', n.n,
  'another', (SELECT u.url FROM main._urls u WHERE u.id = iif(n.first_id = p.url_id, n.last_id, n.first_id))) AS evidence
FROM main._near_duplicates d
CROSS JOIN near n ON n.group_id = d.group_id
CROSS JOIN temp.page p ON p.url_id = d.url_id
WHERE d.run_id = :run AND p.idx AND p.word_count >= :words;
