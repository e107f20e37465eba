-- What differs on the network side of a site's hosts between two runs: one row per host
-- and thing that changed. :run is the later run, :before the earlier, :site their site.
-- Only what both runs asked for is compared. :scanned is 1 where both looked for open ports,
-- so that one that only the later found had been closed.
WITH
  spans AS (
    SELECT id = :run AS is_new, started_at, coalesce(finished_at, '9999') AS finished_at FROM _runs WHERE id IN (:run, :before)
  ),
  hosts AS MATERIALIZED (
    SELECT h.id, h.name FROM _site_hosts s JOIN _hosts h ON h.id = s.host_id WHERE s.site_id = :site
  ),
  records AS MATERIALIZED (
    SELECT DISTINCT t.is_new, d.host_id, d.type, coalesce(d.value, d.rcode, d.failure) AS value
    FROM hosts h CROSS JOIN _dns_records d ON d.host_id = h.id
    JOIN spans t ON d.first_seen_at <= t.finished_at AND d.last_seen_at >= t.started_at
  ),
  names AS (
    SELECT host_id, type,
      group_concat(CASE WHEN NOT is_new THEN value END, ', ') AS old,
      group_concat(CASE WHEN is_new THEN value END, ', ') AS new
    FROM (SELECT * FROM records ORDER BY host_id, type, value) GROUP BY host_id, type
  ),
  sightings AS (
    SELECT DISTINCT t.is_new, p.host_id, p.protocol, p.port, p.state,
      coalesce(trim(coalesce(p.service, '') || ' ' || coalesce(p.product, '') || ' ' || coalesce(p.version, '')), '') AS service
    FROM hosts h CROSS JOIN _ports p ON p.host_id = h.id
    JOIN spans t ON p.first_seen_at <= t.finished_at AND p.last_seen_at >= t.started_at
  ),
  ports AS MATERIALIZED (
    SELECT host_id, protocol, port,
      max(CASE WHEN NOT is_new THEN state END) AS old_state, max(CASE WHEN is_new THEN state END) AS new_state,
      group_concat(CASE WHEN NOT is_new THEN nullif(service, '') END, ', ') AS old_service,
      group_concat(CASE WHEN is_new THEN nullif(service, '') END, ', ') AS new_service
    FROM (SELECT * FROM sightings ORDER BY host_id, protocol, port, service) GROUP BY host_id, protocol, port
  ),
  certificates AS (
    SELECT DISTINCT t.is_new, s.host_id, s.port,
      c.subject || ', until ' || substr(c.not_after, 1, 10) || ', SHA-256 ' || lower(substr(hex(c.sha256), 1, 16))
        || coalesce(', ' || s.verify_error, '') AS certificate
    FROM hosts h CROSS JOIN _certificate_sightings s ON s.host_id = h.id JOIN _certificates c ON c.id = s.certificate_id
    JOIN spans t ON s.first_seen_at <= t.finished_at AND s.last_seen_at >= t.started_at
  ),
  shown AS (
    SELECT host_id, port,
      group_concat(CASE WHEN NOT is_new THEN certificate END, '; ') AS old,
      group_concat(CASE WHEN is_new THEN certificate END, '; ') AS new
    FROM (SELECT * FROM certificates ORDER BY host_id, port, certificate) GROUP BY host_id, port
  )
SELECT n.host_id, h.name AS subject, 'dns' AS what, n.type || ' ' || n.old AS old, n.type || ' ' || n.new AS new
FROM names n JOIN hosts h ON h.id = n.host_id
WHERE n.old IS NOT n.new AND (n.old IS NOT NULL AND n.new IS NOT NULL OR n.type = 'CNAME'
  AND EXISTS (SELECT 1 FROM names m WHERE m.host_id = n.host_id AND m.type <> 'CNAME' AND m.old IS NOT NULL AND m.new IS NOT NULL))
UNION ALL
SELECT p.host_id, h.name || ' ' || p.protocol || '/' || p.port, 'port', coalesce(p.old_state, 'not open'), coalesce(p.new_state, 'not open')
FROM ports p JOIN hosts h ON h.id = p.host_id
WHERE (p.old_state = 'open') IS NOT (p.new_state = 'open') AND (:scanned OR p.old_state IS NOT NULL AND p.new_state IS NOT NULL)
UNION ALL
SELECT p.host_id, h.name || ' ' || p.protocol || '/' || p.port, 'service', p.old_service, p.new_service
FROM ports p JOIN hosts h ON h.id = p.host_id
WHERE p.old_state = 'open' AND p.new_state = 'open' AND p.old_service IS NOT p.new_service AND p.old_service IS NOT NULL AND p.new_service IS NOT NULL
UNION ALL
SELECT s.host_id, h.name || ' tcp/' || s.port, 'certificate', s.old, s.new
FROM shown s JOIN hosts h ON h.id = s.host_id
WHERE s.old IS NOT s.new AND s.old IS NOT NULL AND s.new IS NOT NULL
