-- title: robots.txt cannot be read
-- severity: critical
-- subject: host
-- why: While it answers with an error of the server, search engines take the whole host for
--   forbidden.
-- fix: Let the server answer 200 with the file, or 404 when there is none.
SELECT h.host_id AS subject, json_patch('{}', json_object('origin', o.origin, 'status', nullif(ro.robots_status, 0), 'failure', ro.robots_failure)) AS evidence
FROM temp.host h
CROSS JOIN main._origins o ON o.host_id = h.host_id
CROSS JOIN main._run_origins ro ON ro.run_id = :run AND ro.origin_id = o.id
WHERE ro.robots_status >= 500 OR ro.robots_status = 0;
