-- The robots.txt of a site's origins that differ between two runs: :run is the later,
-- :before the earlier.
WITH
  found AS (
    SELECT r.run_id, r.origin_id, r.robots_status, r.robots_failure, r.robots_sha256,
      coalesce(iif(r.robots_status BETWEEN 200 AND 299, nullif(substr(t.text, 1, 20000), ''), NULL), r.robots_failure, 'HTTP ' || r.robots_status) AS text
    FROM _run_origins r LEFT JOIN _robots_texts t ON t.sha256 = r.robots_sha256
    WHERE r.run_id IN (:run, :before)
  )
SELECT o.host_id, o.origin || '/robots.txt' AS subject, 'robots_txt' AS what, p.text AS old, n.text AS new
FROM found n JOIN found p ON p.origin_id = n.origin_id JOIN _origins o ON o.id = n.origin_id
WHERE n.run_id = :run AND p.run_id = :before
  AND (n.robots_status IS NOT p.robots_status OR n.robots_failure IS NOT p.robots_failure OR n.robots_sha256 IS NOT p.robots_sha256)
  AND n.text IS NOT NULL AND p.text IS NOT NULL
  AND n.origin_id IN (
    SELECT u.origin_id FROM _visits v JOIN _urls u ON u.id = v.url_id
    WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome NOT IN ('pending', 'excluded'))
