-- title: The address is hard to read, to type or to keep unique
-- severity: low
-- subject: page
-- why: People mistype it, and one page may be reached by several spellings.
-- fix: Write addresses in small letters with hyphens between words, without session numbers;
--   redirect the old ones.
SELECT subject, json_object('faults', faults) AS evidence
FROM (
  SELECT p.url_id AS subject, url_faults(u.url) AS faults
  FROM temp.page p CROSS JOIN main._urls u ON u.id = p.url_id
)
WHERE faults IS NOT NULL;
