-- title: The title is very short
-- severity: low
-- subject: page
-- why: A title of a word or two does not tell people whether the page is for them.
-- fix: Say what the page is about in a few words more.
-- threshold: characters 20 characters
SELECT p.url_id AS subject, json_object('title', substr(p.title, 1, 200), 'characters', p.title_length) AS evidence
FROM temp.page p
WHERE p.title_length BETWEEN 1 AND :characters - 1;
