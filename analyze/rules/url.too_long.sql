-- title: The address is very long
-- severity: low
-- subject: page
-- why: It is cut in messages and search results, and nobody can read it out.
-- fix: Shorten the path and leave out parameters that are not needed.
-- threshold: characters 115 characters
SELECT p.url_id AS subject, json_object('characters', length(u.url)) AS evidence
FROM temp.page p
CROSS JOIN main._urls u ON u.id = p.url_id
WHERE length(u.url) > :characters;
