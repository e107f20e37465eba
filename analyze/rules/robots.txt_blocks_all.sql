-- title: robots.txt forbids the whole host
-- severity: critical
-- subject: host
-- why: Search engines take nothing of it, and it disappears from their results.
-- fix: Remove "Disallow: /" from the group for all robots, if the host is meant to be found.
SELECT h.host_id AS subject, json_object('origin', o.origin) AS evidence
FROM temp.host h
CROSS JOIN main._origins o ON o.host_id = h.host_id
CROSS JOIN main._run_origins ro ON ro.run_id = :run AND ro.origin_id = o.id
WHERE ro.robots_blocks_all;
