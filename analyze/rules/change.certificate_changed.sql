-- title: The host shows another certificate
-- severity: info
-- subject: host
-- why: Usually it was renewed; if nobody did that, find out who did.
-- fix: Nothing, if that is meant.
SELECT h.host_id AS subject, json_object('port', k.port, 'issuer', c.issuer, 'issuer_before', was.issuer, 'not_after', c.not_after) AS evidence
FROM temp.host h
CROSS JOIN main._runs r ON r.id = :run
CROSS JOIN main._certificate_sightings k ON k.host_id = h.host_id AND k.current AND k.first_seen_at >= r.started_at
CROSS JOIN main._certificate_sightings old ON old.host_id = k.host_id AND old.port = k.port AND old.address = k.address AND NOT old.current
  AND old.certificate_id <> k.certificate_id AND old.first_seen_at < r.started_at
CROSS JOIN main._certificates c ON c.id = k.certificate_id
CROSS JOIN main._certificates was ON was.id = old.certificate_id
WHERE :previous IS NOT NULL
GROUP BY h.host_id;
