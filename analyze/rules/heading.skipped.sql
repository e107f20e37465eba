-- title: The headings skip a level
-- severity: low
-- subject: page
-- why: People who jump from heading to heading wonder what they missed.
-- fix: Go down one level at a time: h2 below h1, h3 below h2.
SELECT p.url_id AS subject
FROM temp.page p
WHERE p.heading_skip;
