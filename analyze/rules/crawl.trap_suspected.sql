-- title: The site makes addresses without end
-- severity: medium
-- subject: host
-- why: Search engines spend their visits on copies instead of on your pages.
-- fix: Find what makes these addresses, such as a calendar, a filter or a relative link, and close
--   it in robots.txt.
SELECT v.host_id AS subject, json_object('urls', count(*), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM temp.visit q CROSS JOIN main._urls u ON u.id = q.url_id WHERE q.reason = 'trap' AND q.host_id = v.host_id LIMIT 5)))) AS evidence
FROM temp.visit v
WHERE v.reason = 'trap' AND v.internal
GROUP BY v.host_id;
