-- title: The server fails on this URL
-- severity: critical
-- subject: page
-- why: Visitors get an error page of the server, and search engines drop what answers so for long.
-- fix: Look into the server's log for this URL and mend what fails.
SELECT v.url_id AS subject, json_object('status', v.status, 'inlinks', v.inlink_count) AS evidence
FROM temp.visit v
WHERE v.internal AND v.broken AND v.status BETWEEN 500 AND 599;
