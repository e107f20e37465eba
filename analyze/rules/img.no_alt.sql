-- title: Pictures have no alternative text
-- severity: medium
-- subject: page
-- why: Who cannot see a picture does not learn what it shows; search engines neither.
-- fix: Describe the picture in its alt attribute; write alt="" for one that is decoration.
SELECT p.url_id AS subject, json_object('without_alt', p.image_no_alt_count, 'images', p.image_count) AS evidence
FROM temp.page p
WHERE p.image_no_alt_count > 0;
