-- title: The page has very many links
-- severity: low
-- subject: page
-- why: Visitors do not find the one that they need, and each counts for less.
-- fix: Split the page, or leave out what belongs to other pages.
-- threshold: links 100 different targets
SELECT p.url_id AS subject, json_object('links', count(DISTINCT k.target_id), 'external', l.outer_count) AS evidence
FROM temp.page p
CROSS JOIN temp.page_links l ON l.url_id = p.url_id
CROSS JOIN main._link_lists ll ON ll.facts_id = p.facts_id
CROSS JOIN main._links k ON k.block_id = ll.block_id
CROSS JOIN main._link_labels n ON n.id = k.label_id
CROSS JOIN temp.shape s ON s.id = n.shape_id
WHERE l.inner_count + l.outer_count > :links AND s.kind IN ('a', 'area')
GROUP BY p.url_id
HAVING count(DISTINCT k.target_id) > :links;
