-- title: Several pages have nearly the same text
-- severity: medium
-- subject: page
-- why: Search engines may take them for copies and show only one.
-- fix: Say on each page what is special about it, or put them together.
-- threshold: words 100 words at least
-- compares: yes
WITH alike AS (
  SELECT d.group_id, count(*) AS n
  FROM temp.near d
  CROSS JOIN temp.page p ON p.url_id = d.url_id
  WHERE p.word_count >= :words
  GROUP BY d.group_id
  HAVING count(DISTINCT p.text_hash) > 1
)
-- The pages of a group are alike in a chain: only the one that is named is near to the page itself.
SELECT d.url_id AS subject, json_object('another', u.url, 'pages', a.n) AS evidence
FROM temp.near d
CROSS JOIN alike a ON a.group_id = d.group_id
CROSS JOIN temp.page p ON p.url_id = d.url_id
CROSS JOIN main._urls u ON u.id = d.near_id
WHERE p.word_count >= :words;
