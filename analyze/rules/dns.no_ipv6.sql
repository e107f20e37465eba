-- title: The host has no IPv6 address
-- severity: info
-- subject: host
-- why: Visitors in networks with IPv6 only reach the site through a translator, if at all.
-- fix: Ask the hosting provider for IPv6 and add an AAAA record.
SELECT h.host_id AS subject, NULL AS evidence
FROM temp.host h
WHERE EXISTS (SELECT 1 FROM main._dns_records d WHERE d.host_id = h.host_id AND d.current AND d.type = 'A' AND d.value IS NOT NULL)
  AND EXISTS (SELECT 1 FROM main._dns_records d WHERE d.host_id = h.host_id AND d.current AND d.type = 'AAAA' AND d.value IS NULL AND d.rcode = 'NOERROR')
  AND NOT EXISTS (SELECT 1 FROM main._dns_records d WHERE d.host_id = h.host_id AND d.current AND d.type = 'AAAA' AND d.value IS NOT NULL);
