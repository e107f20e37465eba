-- title: Links lead to a page of the site that is broken
-- severity: high
-- subject: page
-- why: Visitors who follow them get an error; what search engines would find behind them is lost.
-- fix: Correct the links on the pages named, or mend what they lead to.
SELECT v.url_id AS subject, json_patch('{}', json_object('status', coalesce(e.status, v.status), 'failure', coalesce(e.failure, v.failure), 'inlinks', v.inlink_count,
  'leads_to', (SELECT u.url FROM main._urls u WHERE u.id = d.end_id),
  'sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = v.url_id AND s.leads LIMIT 10))))) AS evidence
FROM temp.dead d
CROSS JOIN temp.visit v ON v.url_id = d.url_id
LEFT JOIN temp.visit e ON e.url_id = d.end_id
WHERE v.internal AND EXISTS (SELECT 1 FROM temp.incoming i WHERE i.target_id = v.url_id AND i.leads);
