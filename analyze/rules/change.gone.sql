-- title: A page that was there is gone
-- severity: high
-- subject: page
-- why: Whoever kept its address, and search engines, find an error.
-- fix: Restore it, or redirect it to what took its place.
SELECT v.url_id AS subject, json_patch('{}', json_object('status', v.status, 'failure', v.failure)) AS evidence
FROM temp.before b
CROSS JOIN temp.visit v ON v.url_id = b.url_id
WHERE b.status IN (200, 304) AND v.internal AND v.broken;
