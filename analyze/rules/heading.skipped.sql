-- title: The headings skip a level
-- severity: low
-- subject: page
-- why: People who jump from heading to heading wonder what they missed.
-- fix: Go down one level at a time: h2 below h1, h3 below h2.
SELECT p.url_id AS subject, coalesce((
  SELECT json_object('level', level, 'after', before, 'heading', substr(text, 1, 200))
  FROM (
    SELECT j.value ->> 0 AS level, lag(j.value ->> 0, 1, j.value ->> 0) OVER (ORDER BY j.key) AS before, j.value ->> 1 AS text
    FROM main._facts f CROSS JOIN json_each(f.headings) j WHERE f.id = p.facts_id
  )
  WHERE level > before + 1 LIMIT 1),
  -- Of very many headings only the first are kept: it is somewhere behind the last of them.
  (SELECT json_object('behind', substr(f.headings ->> '$[#-1][1]', 1, 200)) FROM main._facts f WHERE f.id = p.facts_id)) AS evidence
FROM temp.page p
WHERE p.heading_skip;
