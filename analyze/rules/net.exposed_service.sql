-- title: A database or an administration port is open to all
-- severity: critical
-- subject: host
-- why: Such services are found within hours by those who look for them, and hold what nobody should
--   get at.
-- fix: Let the service listen on the local address only, or let the firewall keep everyone else
--   out.
SELECT h.host_id AS subject, json_object('services', json_group_array(DISTINCT p.service || ' ' || p.address || ':' || p.port)) AS evidence
FROM temp.host h
CROSS JOIN main._ports p ON p.host_id = h.host_id AND p.current AND p.state = 'open'
WHERE p.service IN ('mysql', 'mariadb', 'postgresql', 'postgres', 'redis', 'valkey', 'memcached', 'mongodb', 'elasticsearch', 'opensearch',
  'couchdb', 'cassandra', 'docker', 'etcd', 'zookeeper', 'kafka', 'mssql', 'oracle', 'influxdb', 'clickhouse', 'neo4j', 'rethinkdb', 'kubernetes',
  'smb', 'rdp', 'vnc', 'x11', 'nfs', 'ldap')
GROUP BY h.host_id;
