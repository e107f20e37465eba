-- title: The page is missing in its own list of languages
-- severity: medium
-- subject: page
-- why: Search engines may ignore a set in which the page itself does not stand.
-- fix: Add the page with its own language to its hreflang entries.
SELECT a.url_id AS subject, json_object('languages', json_group_array(DISTINCT a.lang)) AS evidence
FROM temp.alternate a
GROUP BY a.url_id
HAVING NOT max(coalesce(a.target_id = a.url_id, 0));
