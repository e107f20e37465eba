-- title: The description is very short
-- severity: low
-- subject: page
-- why: It leaves room in the search result in which the page could have been recommended.
-- fix: Say a little more of what is there and for whom.
-- threshold: characters 70 characters
SELECT p.url_id AS subject, json_object('description', substr(p.description, 1, 500), 'characters', p.description_length) AS evidence
FROM temp.page p
WHERE p.description_length BETWEEN 1 AND :characters - 1;
