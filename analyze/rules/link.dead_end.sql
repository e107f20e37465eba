-- title: The page links to no other page of the site
-- severity: low
-- subject: page
-- why: Visitors can only go back.
-- fix: Give it the site's navigation, or a link to where readers may want to go next.
SELECT p.url_id AS subject, json_object('external', l.outer_count) AS evidence
FROM temp.page p
LEFT JOIN temp.page_links l ON l.url_id = p.url_id
WHERE p.idx AND (coalesce(l.inner_count, 0) = 0 OR l.inner_count <= 20 AND NOT EXISTS (
  SELECT 1 FROM main._link_lists ll
  CROSS JOIN main._links k ON k.block_id = ll.block_id
  CROSS JOIN main._link_labels n ON n.id = k.label_id
  CROSS JOIN temp.shape s ON s.id = n.shape_id
  WHERE ll.facts_id = p.facts_id AND s.internal AND s.leads AND k.target_id <> p.url_id));
