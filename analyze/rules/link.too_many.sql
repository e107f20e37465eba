-- title: The page has very many links
-- severity: low
-- subject: page
-- why: Visitors do not find the one that they need, and each counts for less.
-- fix: Split the page, or leave out what belongs to other pages.
-- threshold: links 100 different targets
SELECT p.url_id AS subject, json_object('links', l.target_count, 'external', l.outer_count) AS evidence
FROM temp.page_links l
CROSS JOIN temp.page p ON p.url_id = l.url_id
WHERE l.target_count > :links;
