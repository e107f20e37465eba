-- title: Nobody vouches for the certificate
-- severity: high
-- subject: host
-- why: Browsers show a warning instead of the site, because no authority that they trust signed the
--   certificate.
-- fix: Let the server send the intermediate certificates too, or get a certificate from a public
--   authority in the place of one that is self-signed.
SELECT v.host_id AS subject,
  json_object('urls', count(*), 'issuer', max(c.issuer), 'self_signed', json(iif(max(c.issuer = c.subject), 'true', 'false')),
    'says', max(k.verify_error)) AS evidence
FROM temp.visit v
LEFT JOIN main._certificate_sightings k ON k.host_id = v.host_id AND k.current
LEFT JOIN main._certificates c ON c.id = k.certificate_id
WHERE v.failure IN ('cert_untrusted', 'cert_invalid')
GROUP BY v.host_id;
