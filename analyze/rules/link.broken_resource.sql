-- title: Pages are built of something that is broken
-- severity: medium
-- subject: page
-- why: Pictures, styles or scripts are missing, so pages look wrong or do not work.
-- fix: Restore the file, or correct the reference on the pages named.
SELECT v.url_id AS subject, json_patch('{}', json_object('status', coalesce(e.status, v.status), 'failure', coalesce(e.failure, v.failure), 'inlinks', v.inlink_count,
  'leads_to', (SELECT u.url FROM main._urls u WHERE u.id = d.end_id),
  'sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = v.url_id AND s.builds LIMIT 10))))) AS evidence,
  iif(EXISTS (SELECT 1 FROM temp.incoming i WHERE i.target_id = v.url_id AND i.kind IN ('script', 'css')), 'high', 'medium') AS severity
FROM temp.dead d
CROSS JOIN temp.visit v ON v.url_id = d.url_id
LEFT JOIN temp.visit e ON e.url_id = d.end_id
WHERE EXISTS (SELECT 1 FROM temp.incoming i WHERE i.target_id = v.url_id AND i.builds);
