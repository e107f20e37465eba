-- title: One language leads to two pages
-- severity: medium
-- subject: page
-- why: Search engines cannot tell which of them is meant, and may ignore both.
-- fix: Leave one page for each language and region.
SELECT subject, json_object('languages', json_group_array(lang)) AS evidence
FROM (
  SELECT a.url_id AS subject, a.lang FROM temp.alternate a
  GROUP BY a.url_id, a.lang
  HAVING count(DISTINCT a.url) > 1
)
GROUP BY subject;
