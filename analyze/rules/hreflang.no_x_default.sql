-- title: No page is named for all other languages
-- severity: info
-- subject: page
-- why: Visitors whose language is not in the list are shown any of the pages.
-- fix: Add an entry with hreflang="x-default" for the page that fits most.
SELECT a.url_id AS subject, json_object('languages', json_group_array(DISTINCT a.lang)) AS evidence
FROM temp.alternate a
GROUP BY a.url_id
HAVING count(DISTINCT a.lang) >= 2 AND NOT max(a.lang = 'x-default');
