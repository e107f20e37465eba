-- title: Links lead to a place that the page does not have
-- severity: low
-- subject: page
-- why: Visitors land at the top of the page and have to look for what they were promised.
-- fix: Correct the part of the links behind the #, or give the element its id back.
WITH pointed AS (
  SELECT DISTINCT l.target_id, n.fragment_id
  FROM temp.block b
  CROSS JOIN main._links l ON l.block_id = b.block_id
  CROSS JOIN main._link_labels n ON n.id = l.label_id
  CROSS JOIN temp.shape k ON k.id = n.shape_id
  WHERE b.fragment_count > 0 AND n.fragment_id IS NOT NULL AND k.internal AND k.leads
)
SELECT q.target_id AS subject, json_object('count', count(*), 'fragments', json_group_array(t.text),
  'sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = q.target_id AND s.leads AND s.fragment_id = q.fragment_id LIMIT 10)))) AS evidence
FROM pointed q
CROSS JOIN temp.page p ON p.url_id = q.target_id
CROSS JOIN main._facts f ON f.id = p.facts_id
CROSS JOIN main._texts t ON t.id = q.fragment_id
WHERE p.parse_mode = 'tokens' AND coalesce(length(f.fragments), 0) < 18000 AND NOT has_fragment(coalesce(f.fragments, x''), t.text)
GROUP BY q.target_id;
