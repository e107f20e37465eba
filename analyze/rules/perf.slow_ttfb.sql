-- title: The server takes long to answer
-- severity: low
-- subject: page
-- why: Visitors wait before anything appears.
-- fix: Find out what the server does meanwhile: cache the page, or speed up the queries behind it.
-- threshold: ms 800 ms
-- threshold: very_slow_ms 2000 ms from which on it is medium
SELECT p.url_id AS subject, json_object('ms', p.ttfb_ms) AS evidence, iif(p.ttfb_ms > :very_slow_ms, 'medium', 'low') AS severity
FROM temp.page p
WHERE p.ttfb_ms > :ms;
