-- title: The canonical URL is relative
-- severity: low
-- subject: page
-- why: It is resolved against the address by which the page was reached, so that a wrong host names
--   itself.
-- fix: Write the whole URL, with https:// and the host.
SELECT p.url_id AS subject, json_object('canonicals', json(p.canonicals)) AS evidence
FROM temp.page p
WHERE p.canonicals IS NOT NULL AND EXISTS (
  SELECT 1 FROM json_each(p.canonicals) j
  WHERE json_extract(j.value, '$.header') IS NULL AND json_extract(j.value, '$.raw') NOT LIKE '%://%');
