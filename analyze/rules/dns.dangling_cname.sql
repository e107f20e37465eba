-- title: The host is an alias of a name that does not exist
-- severity: critical
-- subject: host
-- why: Whoever registers the missing name decides what visitors of this host see.
-- fix: Remove the CNAME record, or point it to a name that you have.
SELECT h.host_id AS subject, json_object('cname', max(c.value)) AS evidence
FROM (SELECT DISTINCT host_id FROM temp.visit WHERE host_id IS NOT NULL) h
CROSS JOIN main._dns_records c ON c.host_id = h.host_id AND c.current AND c.type = 'CNAME'
WHERE EXISTS (SELECT 1 FROM main._dns_records d WHERE d.host_id = h.host_id AND d.current AND d.rcode = 'NXDOMAIN')
  AND NOT EXISTS (SELECT 1 FROM main._dns_records d WHERE d.host_id = h.host_id AND d.current AND d.type IN ('A', 'AAAA') AND d.value IS NOT NULL)
GROUP BY h.host_id;
