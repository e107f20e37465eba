-- title: Links say "here" or "more"
-- severity: info
-- subject: page
-- why: Who jumps from link to link, or reads them in a list, does not learn where they lead.
-- fix: Name what is behind the link.
SELECT p.url_id AS subject, json_object('links', l.generic_count, 'lead_to', json((SELECT json_group_array(url) FROM (
  SELECT DISTINCT u.url
  FROM main._link_lists ll
  CROSS JOIN temp.block b ON b.block_id = ll.block_id
  CROSS JOIN main._links k ON k.block_id = b.block_id
  CROSS JOIN main._link_labels n ON n.id = k.label_id
  CROSS JOIN temp.shape s ON s.id = n.shape_id
  CROSS JOIN main._urls u ON u.id = k.target_id
  WHERE ll.facts_id = p.facts_id AND b.generic_count > 0 AND s.internal AND s.kind = 'a' AND n.anchor_id IN (SELECT text_id FROM temp.generic) LIMIT 10)))) AS evidence
FROM temp.page_links l
CROSS JOIN temp.page p ON p.url_id = l.url_id
WHERE l.generic_count > 0;
