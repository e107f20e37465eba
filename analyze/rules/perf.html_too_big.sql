-- title: The HTML of the page is very large
-- severity: low
-- subject: page
-- why: It takes long to load, and search engines may not read it to its end.
-- fix: Split the page, and move styles, scripts and pictures out of the HTML.
-- threshold: bytes 2000000 bytes
SELECT p.url_id AS subject, json_object('bytes', p.body_bytes) AS evidence
FROM temp.page p
WHERE p.body_bytes > :bytes;
