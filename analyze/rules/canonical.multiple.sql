-- title: The page names its canonical URL more than once
-- severity: medium
-- subject: page
-- why: Where they differ, search engines ignore them all.
-- fix: Leave one canonical in the head, or one in the header.
SELECT p.url_id AS subject, json_object('canonicals', json(p.canonicals)) AS evidence,
  iif((SELECT count(DISTINCT json_extract(j.value, '$.url')) FROM json_each(p.canonicals) j) > 1, 'high', 'medium') AS severity
FROM temp.page p
WHERE p.canonicals IS NOT NULL AND (
  (SELECT count(*) FROM json_each(p.canonicals) j WHERE json_extract(j.value, '$.header') IS NULL) > 1
  OR (SELECT count(*) FROM json_each(p.canonicals) j WHERE json_extract(j.value, '$.header')) > 1);
