-- title: The page does not say its language
-- severity: low
-- subject: page
-- why: Screen readers read it in the voice of another language, and browsers do not offer to
--   translate it.
-- fix: Write the language into the html element: <html lang="en">.
SELECT p.url_id AS subject
FROM temp.page p
WHERE coalesce(p.lang, '') = '';
