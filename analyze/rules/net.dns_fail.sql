-- title: The host name cannot be resolved
-- severity: high
-- subject: host
-- why: The name servers of this host do not answer or have no address for it, so visitors get an
--   error of their browser.
-- fix: Ask the operator of the DNS zone: its servers must answer, and the name needs an A or AAAA
--   record.
SELECT v.host_id AS subject,
  json_object('failure', min(v.failure), 'urls', count(*), 'example', min(u.url)) AS evidence
FROM temp.visit v
CROSS JOIN main._urls u ON u.id = v.url_id
WHERE v.failure IN ('servfail', 'dns_timeout', 'no_address')
GROUP BY v.host_id;
