-- title: Secure pages link to insecure pages of the site
-- severity: medium
-- subject: page
-- why: Visitors leave the encrypted site, and others on their way can read or change what they see.
-- fix: Link to the https address.
SELECT v.url_id AS subject, json_object('inlinks', v.inlink_count, 'sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = v.url_id AND s.https AND s.kind = 'a' LIMIT 10)))) AS evidence
FROM temp.visit v
WHERE v.internal AND NOT v.https AND v.used_for = 'read' AND EXISTS (SELECT 1 FROM temp.page p WHERE p.https)
  AND EXISTS (SELECT 1 FROM temp.source s WHERE s.target_id = v.url_id AND s.https AND s.kind = 'a');
