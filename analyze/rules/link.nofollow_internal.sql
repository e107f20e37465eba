-- title: Links within the site say nofollow
-- severity: low
-- subject: page
-- why: Search engines do not count them, so the site gives away what its own links are worth.
-- fix: Remove nofollow from links to your own pages; what is not to be found belongs under noindex.
SELECT q.target_id AS subject, json_object('sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = q.target_id AND s.nofollow AND s.internal AND s.kind IN ('a', 'area') LIMIT 10)))) AS evidence
FROM (
  SELECT DISTINCT l.target_id
  FROM temp.block b
  CROSS JOIN main._links l ON l.block_id = b.block_id
  CROSS JOIN main._link_labels n ON n.id = l.label_id
  CROSS JOIN temp.shape k ON k.id = n.shape_id
  WHERE b.nofollow_count > 0 AND k.internal AND k.nofollow AND k.kind IN ('a', 'area')
) q;
