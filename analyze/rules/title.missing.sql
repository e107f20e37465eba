-- title: The page has no title
-- severity: high
-- subject: page
-- why: Search engines and browsers show the title; without one they show the address or make
--   something up.
-- fix: Give the page a title element in its head that says what this page is about.
SELECT p.url_id AS subject
FROM temp.page p
WHERE p.idx AND p.title_length = 0;
