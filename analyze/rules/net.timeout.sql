-- title: No answer in time
-- severity: high
-- subject: page
-- why: Visitors wait and give up; search engines come less often.
-- fix: Find out whether the server is overloaded, the page takes too long to make, or a firewall
--   drops the packets.
SELECT v.url_id AS subject, json_object('failure', v.failure) AS evidence, iif(v.internal, 'high', 'medium') AS severity
FROM temp.visit v
WHERE v.failure IN ('connect_timeout', 'tls_timeout', 'header_timeout');
