-- title: The site has no sitemap
-- severity: info
-- subject: site
-- why: Search engines find new and changed pages later.
-- fix: Write a sitemap.xml of the pages that are meant to be found, and name it in robots.txt.
-- compares: yes
SELECT json_object('looked_at', json('["robots.txt", "/sitemap.xml", "/sitemap_index.xml"]')) AS evidence
FROM main._runs r
WHERE r.id = :run AND json_extract(r.policy, '$.sitemaps') AND EXISTS (SELECT 1 FROM temp.page)
  AND NOT EXISTS (SELECT 1 FROM main._sitemaps m WHERE m.run_id = :run AND m.kind IS NOT NULL);
