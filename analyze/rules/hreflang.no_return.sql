-- title: A page in another language does not point back
-- severity: high
-- subject: page
-- why: Search engines believe hreflang only where both pages say it.
-- fix: Let each page of the set list all of them, itself too.
-- compares: yes
SELECT a.url_id AS subject, json_object('pages', json_group_array(DISTINCT a.url)) AS evidence
FROM temp.alternate a
CROSS JOIN temp.page t ON t.url_id = a.target_id
WHERE a.target_id <> a.url_id
  AND NOT EXISTS (SELECT 1 FROM temp.alternate back WHERE back.url_id = a.target_id AND back.target_id = a.url_id)
GROUP BY a.url_id;
