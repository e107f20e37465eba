-- title: The server refuses connections
-- severity: critical
-- subject: host
-- why: The host is there, but nothing answers where the links point to.
-- fix: Start the web server, open its port in the firewall, or correct the port in the links.
SELECT v.host_id AS subject,
  json_object('failure', min(v.failure), 'urls', count(*), 'example', min(u.url)) AS evidence,
  iif(max(v.internal), 'critical', 'medium') AS severity
FROM temp.visit v
CROSS JOIN main._urls u ON u.id = v.url_id
WHERE v.failure IN ('refused', 'reset')
  AND NOT EXISTS (SELECT 1 FROM temp.answering a WHERE a.origin_id = v.origin_id)
GROUP BY v.host_id;
