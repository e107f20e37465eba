-- title: The server asked to be left in peace for a while
-- severity: info
-- subject: host
-- why: It may not stand so many requests; visitors may be slowed down too.
-- fix: Crawl more slowly (--rate), or allow Sonde's user agent more.
SELECT h.host_id AS subject, json_object('complaints', sum(ro.complaint_count), 'stopped_ms', sum(ro.stopped_ms)) AS evidence
FROM temp.host h
CROSS JOIN main._origins o ON o.host_id = h.host_id
CROSS JOIN main._run_origins ro ON ro.run_id = :run AND ro.origin_id = o.id
WHERE ro.complaint_count > 0
GROUP BY h.host_id;
