-- title: The page has more than one title
-- severity: medium
-- subject: page
-- why: Browsers show the first, and search engines may take another.
-- fix: Leave one title element in the head.
SELECT p.url_id AS subject, json_object('titles', p.title_count, 'first', substr(p.title, 1, 200)) AS evidence
FROM temp.page p
WHERE p.title_count > 1;
