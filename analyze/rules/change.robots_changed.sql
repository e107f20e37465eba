-- title: robots.txt changed
-- severity: medium
-- subject: host
-- why: Pages may be open to search engines that were closed, or the other way round.
-- fix: Nothing, if that is meant.
SELECT h.host_id AS subject, json_object('origin', o.origin, 'status', ro.robots_status, 'status_before', old.robots_status) AS evidence
FROM temp.host h
CROSS JOIN main._origins o ON o.host_id = h.host_id
CROSS JOIN main._run_origins ro ON ro.run_id = :run AND ro.origin_id = o.id
CROSS JOIN main._run_origins old ON old.run_id = :previous AND old.origin_id = o.id
WHERE ro.robots_status > 0 AND old.robots_status > 0
  AND (ro.robots_sha256 IS NOT old.robots_sha256 OR ro.robots_status / 100 <> old.robots_status / 100);
