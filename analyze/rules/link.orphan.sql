-- title: No page links to this page
-- severity: medium
-- subject: page
-- why: Visitors cannot find it, and search engines take it for unimportant.
-- fix: Link to it from a page on its subject, or take it out of the sitemap.
-- compares: yes
SELECT p.url_id AS subject, json_object('found_by', p.found_by) AS evidence
FROM temp.page p
WHERE p.idx AND p.inlink_count = 0 AND (p.in_sitemap OR p.found_by = 'sitemap') AND p.found_by NOT IN ('seed', 'redirect');
