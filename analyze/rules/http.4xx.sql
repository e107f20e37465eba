-- title: The page or file is not there
-- severity: high
-- subject: page
-- why: Links, the sitemap or the site's own address lead visitors and search engines to an error.
-- fix: Restore the page, redirect it to the one that took its place, or remove the links and the
--   entry in the sitemap.
SELECT v.url_id AS subject, json_object('status', v.status, 'inlinks', v.inlink_count, 'in_sitemap', json(iif(v.in_sitemap, 'true', 'false')),
  'sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = v.url_id AND 1 LIMIT 10)))) AS evidence
FROM temp.visit v
WHERE v.internal AND v.broken AND v.status IN (404, 410) AND (v.inlink_count > 0 OR v.in_sitemap OR v.found_by = 'seed');
