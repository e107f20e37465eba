-- title: Some links to the page say nofollow and some do not
-- severity: low
-- subject: page
-- why: Search engines are told two things about the same page.
-- fix: Decide for one: usually no link within the site needs nofollow.
-- compares: yes
SELECT n.url_id AS subject, json_object('nofollow', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = n.url_id AND s.nofollow AND s.internal AND s.kind IN ('a', 'area') LIMIT 10))),
  'follow', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = n.url_id AND NOT s.nofollow AND s.internal AND s.kind IN ('a', 'area') LIMIT 10)))) AS evidence
FROM temp.nofollow_target n
WHERE n.mixed;
