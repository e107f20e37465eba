-- title: The page has little text
-- severity: low
-- subject: page
-- why: Search engines seldom show pages with few words, and visitors learn little.
-- fix: Say more, put it together with another page, or ask search engines to leave it out.
-- threshold: words 200 words
-- threshold: empty_bytes 512 bytes below which a page without words is empty, not thin
SELECT p.url_id AS subject, json_object('words', p.word_count) AS evidence
FROM temp.page p
WHERE p.idx AND p.word_count < :words AND NOT (p.word_count = 0 AND (p.script_count > 0 OR p.body_bytes < :empty_bytes));
