-- title: The host name does not exist
-- severity: critical
-- subject: host
-- why: Nobody reaches anything on this host, because its name is not in the DNS.
-- fix: Mend the links if the name is misspelt or given up; otherwise register the name again or
--   restore its DNS zone.
SELECT v.host_id AS subject,
  json_object('urls', count(*), 'example', min(u.url), 'internal', json(iif(max(v.internal), 'true', 'false'))) AS evidence,
  iif(max(v.internal), 'critical', 'medium') AS severity
FROM temp.visit v
CROSS JOIN main._urls u ON u.id = v.url_id
WHERE v.failure = 'nxdomain'
  AND NOT EXISTS (SELECT 1 FROM main._dns_records d WHERE d.host_id = v.host_id AND d.current AND d.type IN ('A', 'AAAA') AND d.value IS NOT NULL)
GROUP BY v.host_id;
