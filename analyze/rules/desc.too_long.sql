-- title: The description is too long
-- severity: low
-- subject: page
-- why: Search results cut it, so its end is not read.
-- fix: Say it in fewer characters, the most telling first.
-- threshold: characters 160 characters
SELECT p.url_id AS subject, json_object('description', substr(p.description, 1, 500), 'characters', p.description_length) AS evidence
FROM temp.page p
WHERE p.description_length > :characters;
