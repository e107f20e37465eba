-- title: The canonical of the page and that of the header differ
-- severity: high
-- subject: page
-- why: Search engines are told two things and ignore both.
-- fix: Leave one of them.
SELECT p.url_id AS subject, json_object('canonicals', json(p.canonicals)) AS evidence
FROM temp.page p
WHERE p.canonicals IS NOT NULL AND EXISTS (
  SELECT 1 FROM json_each(p.canonicals) h, json_each(p.canonicals) e
  WHERE json_extract(h.value, '$.header') AND json_extract(e.value, '$.header') IS NULL
    AND json_extract(h.value, '$.url') <> json_extract(e.value, '$.url'));
