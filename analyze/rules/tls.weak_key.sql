-- title: The certificate's key or signature is weak
-- severity: medium
-- subject: host
-- why: A short key or an old signature can be forged, and browsers refuse some of them.
-- fix: Get a new certificate with an ECDSA key or an RSA key of 2048 bits or more, signed with
--   SHA-256.
-- threshold: rsa_bits 2048 bits
-- threshold: ec_bits 224 bits
SELECT m.host_id AS subject, json_object('key', c.key, 'signature', c.signature) AS evidence
FROM temp.met m
CROSS JOIN main._certificate_sightings k ON k.host_id = m.host_id AND k.current
CROSS JOIN main._certificates c ON c.id = k.certificate_id
WHERE c.key LIKE 'RSA %' AND CAST(substr(c.key, 5) AS INTEGER) < :rsa_bits
  OR c.key LIKE 'ECDSA P-%' AND CAST(substr(c.key, 9) AS INTEGER) < :ec_bits
  OR c.key LIKE 'DSA %' OR c.signature LIKE 'SHA1-%' OR c.signature LIKE '%-SHA1' OR c.signature LIKE 'MD%'
GROUP BY m.host_id;
