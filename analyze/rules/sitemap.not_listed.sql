-- title: The page is in no sitemap
-- severity: low
-- subject: page
-- why: The host has a sitemap, and this page is missing in it, so search engines may find its
--   changes later.
-- fix: Add it to the sitemap, or see why what writes the sitemap leaves it out.
-- compares: yes
SELECT p.url_id AS subject
FROM temp.page p
WHERE p.idx AND NOT p.in_sitemap AND p.inlink_count > 0
  AND p.host_id IN (SELECT v.host_id FROM temp.visit v WHERE v.in_sitemap);
