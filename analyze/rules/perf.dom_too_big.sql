-- title: The page has very many elements
-- severity: low
-- subject: page
-- why: Browsers take long to show it and to react, above all on phones.
-- fix: Show less at once, and nest less.
-- threshold: elements 1500 elements
SELECT p.url_id AS subject, json_object('elements', p.element_count) AS evidence
FROM temp.page p
WHERE p.element_count > :elements;
