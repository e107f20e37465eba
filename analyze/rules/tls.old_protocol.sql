-- title: The server takes versions of TLS that are given up
-- severity: high
-- subject: host
-- why: TLS 1.0 and 1.1 have known weaknesses (RFC 8996); audits fail over them.
-- fix: Allow TLS 1.2 and 1.3 only in the server's configuration.
SELECT m.host_id AS subject, json_object('port', min(k.port), 'versions', json_group_array(DISTINCT json_extract(o.value, '$.version'))) AS evidence
FROM temp.met m
CROSS JOIN main._certificate_sightings k ON k.host_id = m.host_id AND k.current
CROSS JOIN json_each(k.facts, '$.offers') o
WHERE json_extract(o.value, '$.version') IN ('SSLv2', 'SSLv3', 'TLS 1.0', 'TLS 1.1')
GROUP BY m.host_id;
