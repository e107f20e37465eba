-- title: The certificate is not valid now
-- severity: critical
-- subject: host
-- why: Browsers show a warning instead of the site.
-- fix: Renew the certificate and see that renewal runs by itself; if it is valid from later on,
--   check the clocks.
SELECT host_id AS subject, json_patch('{}', json_object('not_before', max(not_before), 'not_after', max(not_after), 'what', min(name))) AS evidence
FROM (
  SELECT m.host_id, c.not_before, c.not_after, c.subject AS name
  FROM temp.met m
CROSS JOIN main._certificate_sightings k ON k.host_id = m.host_id AND k.current
CROSS JOIN main._certificates c ON c.id = k.certificate_id
  WHERE c.not_after < :now OR c.not_before > :now
  UNION ALL
  SELECT v.host_id, NULL, NULL, v.failure FROM temp.visit v WHERE v.failure IN ('cert_expired', 'cert_not_yet')
)
GROUP BY host_id;
