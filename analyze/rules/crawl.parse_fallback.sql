-- title: The page could not be read to its end
-- severity: info
-- subject: page
-- why: What stands behind the place is not known: links may be missing.
-- fix: See whether the page is nested without end or made of broken HTML.
SELECT p.url_id AS subject, json_object('bytes', p.body_bytes, 'elements', p.element_count) AS evidence
FROM temp.page p
WHERE p.parse_mode = 'partial';
