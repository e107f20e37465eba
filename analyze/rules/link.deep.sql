-- title: The page is many clicks away
-- severity: low
-- subject: page
-- why: Few visitors get so far, and search engines come there seldom.
-- fix: Link to it, or to the pages on the way, from pages nearer to the start.
-- threshold: clicks 4 clicks
-- compares: yes
SELECT p.url_id AS subject, json_object('clicks', p.depth) AS evidence
FROM temp.page p
WHERE p.idx AND p.depth > :clicks;
