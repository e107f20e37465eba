-- title: Links have no text
-- severity: low
-- subject: page
-- why: Who cannot see the page hears only "link", and search engines learn nothing of where it
--   leads.
-- fix: Write a text into the link, an alt text into its picture, or give it an aria-label.
SELECT p.url_id AS subject, json_object('links', l.empty_count, 'lead_to', json((SELECT json_group_array(url) FROM (
  SELECT DISTINCT u.url
  FROM main._link_lists ll
  CROSS JOIN temp.block b ON b.block_id = ll.block_id
  CROSS JOIN main._links k ON k.block_id = b.block_id
  CROSS JOIN main._link_labels n ON n.id = k.label_id
  CROSS JOIN temp.shape s ON s.id = n.shape_id
  CROSS JOIN main._urls u ON u.id = k.target_id
  WHERE ll.facts_id = p.facts_id AND b.empty_count > 0 AND n.anchor_id IS NULL AND s.kind = 'a' LIMIT 10)))) AS evidence
FROM temp.page_links l
CROSS JOIN temp.page p ON p.url_id = l.url_id
WHERE l.empty_count > 0;
