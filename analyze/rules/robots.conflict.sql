-- title: The page says index and noindex
-- severity: high
-- subject: page
-- why: Search engines believe the stricter, which may not be what is meant.
-- fix: Say it in one place only.
SELECT p.url_id AS subject, json_object('robots', json(p.robots)) AS evidence
FROM temp.page p
WHERE p.robots IS NOT NULL AND EXISTS (
  SELECT 1 FROM (
    SELECT json_extract(j.value, '$.agent') AS agent, ',' || replace(lower(json_extract(j.value, '$.value')), ' ', '') || ',' AS said
    FROM json_each(p.robots) j)
  GROUP BY agent
  HAVING max(said LIKE '%,noindex,%' OR said LIKE '%,none,%') AND max(said LIKE '%,index,%' OR said LIKE '%,all,%'));
