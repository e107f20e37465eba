-- title: Links within the site say nofollow
-- severity: low
-- subject: page
-- why: Search engines do not count them, so the site gives away what its own links are worth.
-- fix: Remove nofollow from links to your own pages; what is not to be found belongs under noindex.
SELECT n.url_id AS subject, json_object('sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = n.url_id AND s.nofollow AND s.internal AND s.kind IN ('a', 'area') LIMIT 10)))) AS evidence
FROM temp.nofollow_target n;
