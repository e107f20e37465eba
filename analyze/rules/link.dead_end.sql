-- title: The page links to no other page of the site
-- severity: low
-- subject: page
-- why: Visitors can only go back.
-- fix: Give it the site's navigation, or a link to where readers may want to go next.
SELECT p.url_id AS subject, json_object('external', coalesce(l.outer_count, 0)) AS evidence
FROM temp.page p
LEFT JOIN temp.page_links l ON l.url_id = p.url_id
WHERE p.idx AND coalesce(l.elsewhere_count, 0) = 0;
