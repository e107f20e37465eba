-- title: Structured data cannot be read
-- severity: medium
-- subject: page
-- why: Search engines ignore it, so prices, ratings or events are not shown.
-- fix: Correct the JSON in the script elements of type application/ld+json.
SELECT p.url_id AS subject, json_object('blocks', p.schema_bad_count) AS evidence
FROM temp.page p
WHERE p.schema_bad_count > 0;
