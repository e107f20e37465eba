-- title: Links lead to a redirect
-- severity: low
-- subject: page
-- why: Every visitor makes a request more than needed, and a redirect that is taken away breaks
--   them all.
-- fix: Link to where the redirect leads.
SELECT v.url_id AS subject, json_object('status', v.status, 'leads_to', u.url, 'inlinks', v.inlink_count, 'sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = v.url_id AND s.leads LIMIT 10)))) AS evidence
FROM temp.visit v
LEFT JOIN temp.redirect_end r ON r.url_id = v.url_id
LEFT JOIN main._urls u ON u.id = r.end_id
WHERE v.internal AND v.outcome = 'redirect' AND v.reason = 'status'
  AND EXISTS (SELECT 1 FROM temp.incoming i WHERE i.target_id = v.url_id AND i.leads);
