-- title: Public pages link to a private address
-- severity: high
-- subject: page
-- why: Visitors cannot reach it, or reach something of their own; and the name of an internal
--   machine is given away.
-- fix: Replace the address by the public one, or remove the link.
WITH private AS MATERIALIZED (
  SELECT h.id FROM (SELECT DISTINCT v.host_id FROM temp.visit v WHERE NOT v.internal) o
  CROSS JOIN main._hosts h ON h.id = o.host_id
  WHERE is_private_host(h.name) AND EXISTS (SELECT 1 FROM temp.host WHERE NOT private)
)
SELECT v.url_id AS subject, json_object('sources', json((SELECT json_group_array(url) FROM (
  SELECT DISTINCT s.url FROM temp.source s CROSS JOIN temp.page p ON p.url_id = s.page_id CROSS JOIN temp.host h ON h.host_id = p.host_id
  WHERE s.target_id = v.url_id AND NOT h.private LIMIT 10)))) AS evidence
FROM temp.visit v
WHERE NOT v.internal AND v.host_id IN (SELECT id FROM private)
  AND EXISTS (SELECT 1 FROM temp.source s CROSS JOIN temp.page p ON p.url_id = s.page_id
    CROSS JOIN temp.host m ON m.host_id = p.host_id WHERE s.target_id = v.url_id AND NOT m.private);
