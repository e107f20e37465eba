-- title: robots.txt has mistakes
-- severity: high
-- subject: host
-- why: Robots skip what they do not understand, so pages may be open that should be closed, or the
--   other way round.
-- fix: Correct the lines named; the file must be plain text in UTF-8, shorter than 500 KiB, with
--   User-agent before its rules.
SELECT h.host_id AS subject, json_object('origin', o.origin, 'truncated', json(iif(o.robots_truncated, 'true', 'false')),
  'faults', json(coalesce(o.robots_faults, '[]'))) AS evidence
FROM temp.host h
CROSS JOIN main._origins o ON o.host_id = h.host_id
CROSS JOIN main._run_origins ro ON ro.run_id = :run AND ro.origin_id = o.id
WHERE ro.robots_status BETWEEN 200 AND 299 AND (o.robots_truncated OR coalesce(json_array_length(o.robots_faults), 0) > 0);
