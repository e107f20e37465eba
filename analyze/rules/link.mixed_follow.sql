-- title: Some links to the page say nofollow and some do not
-- severity: low
-- subject: page
-- why: Search engines are told two things about the same page.
-- fix: Decide for one: usually no link within the site needs nofollow.
-- compares: yes
SELECT q.target_id AS subject, json_object('nofollow', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = q.target_id AND s.nofollow AND s.internal AND s.kind IN ('a', 'area') LIMIT 10))),
  'follow', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = q.target_id AND NOT s.nofollow AND s.internal AND s.kind IN ('a', 'area') LIMIT 10)))) AS evidence
FROM (
  SELECT DISTINCT l.target_id
  FROM temp.block b
  CROSS JOIN main._links l ON l.block_id = b.block_id
  CROSS JOIN main._link_labels n ON n.id = l.label_id
  CROSS JOIN temp.shape k ON k.id = n.shape_id
  WHERE b.nofollow_count > 0 AND k.internal AND k.nofollow AND k.kind IN ('a', 'area')
) q
WHERE EXISTS (SELECT 1 FROM temp.incoming i WHERE i.target_id = q.target_id AND i.internal AND NOT i.nofollow AND i.kind IN ('a', 'area'));
