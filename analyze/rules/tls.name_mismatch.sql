-- title: The certificate is for other names
-- severity: critical
-- subject: host
-- why: Browsers show a warning instead of the site, since the server cannot prove that it is who it
--   says.
-- fix: Get a certificate that lists this name, or let the name point to the server that has one.
SELECT v.host_id AS subject, json_object('urls', count(*), 'names', json(max(c.sans))) AS evidence
FROM temp.visit v
LEFT JOIN main._certificate_sightings k ON k.host_id = v.host_id AND k.current
LEFT JOIN main._certificates c ON c.id = k.certificate_id
WHERE v.failure = 'cert_name'
GROUP BY v.host_id;
