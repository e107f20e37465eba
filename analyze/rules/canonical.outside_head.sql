-- title: The canonical URL stands outside of the head
-- severity: medium
-- subject: page
-- why: Search engines ignore it there, because anybody may write into the body.
-- fix: Move the link element into the head; see that nothing closes the head before it.
SELECT p.url_id AS subject, json_object('canonicals', json(p.canonicals)) AS evidence
FROM temp.page p
WHERE p.canonicals IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(p.canonicals) j WHERE json_extract(j.value, '$.in_body'));
