-- title: The page has no main heading
-- severity: medium
-- subject: page
-- why: People who look at the page, or hear it, do not learn at once what it is about.
-- fix: Give the page one h1 element with text.
SELECT p.url_id AS subject
FROM temp.page p
WHERE p.idx AND coalesce(p.h1, '') = '' AND NOT (p.h1_count > 1 AND EXISTS (
  SELECT 1 FROM main._facts f, json_each(f.headings) j
  WHERE f.id = p.facts_id AND json_extract(j.value, '$[0]') = 1 AND json_extract(j.value, '$[1]') <> ''));
