-- title: The page has several main headings
-- severity: low
-- subject: page
-- why: It is less clear what the page is about, above all for people who jump from heading to
--   heading.
-- fix: Leave one h1, and make the others h2.
SELECT p.url_id AS subject, json_object('h1', p.h1_count, 'first', substr(p.h1, 1, 200)) AS evidence
FROM temp.page p
WHERE p.h1_count > 1;
