-- title: The host answers by IPv4 and not by IPv6
-- severity: high
-- subject: host
-- why: The name has an IPv6 address on which nothing answers: some visitors wait, others get an
--   error.
-- fix: Let the server listen on its IPv6 address too and open the firewall for it, or remove the
--   AAAA record.
SELECT h.host_id AS subject, json_object('port', six.port, 'ipv6', six.address, 'state', six.state, 'ipv4', four.address) AS evidence
FROM temp.host h
CROSS JOIN main._ports six ON six.host_id = h.host_id AND six.current AND six.protocol = 'tcp' AND six.state <> 'open' AND instr(six.address, ':') > 0
CROSS JOIN main._ports four ON four.host_id = h.host_id AND four.current AND four.protocol = 'tcp' AND four.state = 'open'
  AND instr(four.address, ':') = 0 AND four.port = six.port
GROUP BY h.host_id;
