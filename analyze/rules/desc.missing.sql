-- title: The page has no description
-- severity: medium
-- subject: page
-- why: Search engines show the description under the title; without one they pick some text of the
--   page.
-- fix: Give the page a meta element with name="description" that says in a sentence or two what is
--   there.
SELECT p.url_id AS subject
FROM temp.page p
WHERE p.idx AND p.description_length = 0;
