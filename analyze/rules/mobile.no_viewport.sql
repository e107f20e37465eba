-- title: The page is not made for phones
-- severity: medium
-- subject: page
-- why: Phones show it as on a large screen, in tiny letters.
-- fix: Add a meta element with name="viewport" and content="width=device-width, initial-scale=1".
SELECT p.url_id AS subject
FROM temp.page p
WHERE coalesce(p.viewport, '') = '';
