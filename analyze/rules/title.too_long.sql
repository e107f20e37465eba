-- title: The title is too long
-- severity: low
-- subject: page
-- why: Search results cut a long title, so its end is not read.
-- fix: Say in fewer characters what the page is about, the most telling words first.
-- threshold: characters 60 characters
SELECT p.url_id AS subject, json_object('title', substr(p.title, 1, 200), 'characters', p.title_length) AS evidence
FROM temp.page p
WHERE p.title_length > :characters;
