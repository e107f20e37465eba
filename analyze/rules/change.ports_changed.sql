-- title: The open ports of the host changed
-- severity: high
-- subject: host
-- why: A port that opened may be a door that nobody meant to open; one that closed, a service that
--   is down.
-- fix: Find out what listens there now, or why it does not.
WITH opening AS (
  SELECT p.host_id, p.address, p.protocol, p.port, max(p.current AND p.state = 'open') AS is_open,
    max(NOT p.current AND p.state = 'open') AS was_open, max(p.first_seen_at) AS changed_at
  FROM temp.host h CROSS JOIN main._ports p ON p.host_id = h.host_id
  GROUP BY p.host_id, p.address, p.protocol, p.port
)
SELECT o.host_id AS subject, json_object('ports', json_group_array(
  o.protocol || ' ' || o.port || iif(o.is_open, ' opened', ' closed'))) AS evidence
FROM opening o
CROSS JOIN main._runs r ON r.id = :run
WHERE o.is_open <> o.was_open AND o.changed_at >= r.started_at AND :previous IS NOT NULL
  AND EXISTS (SELECT 1 FROM main._ports p WHERE p.host_id = o.host_id AND p.address = o.address AND p.first_seen_at < r.started_at)
GROUP BY o.host_id;
