-- title: The dates in the sitemap are not right
-- severity: info
-- subject: page
-- why: Search engines stop to believe dates that are not true, and visit changed pages later.
-- fix: Write into lastmod when the page's content last changed, and leave it out where that is not
--   known.
-- threshold: entries 10 entries at least to compare
SELECT subject, json_patch('{}', json_object('what', min(what), 'count', max(n), 'example', min(example))) AS evidence
FROM (
  SELECT m.sitemap_id AS subject, 'in the future' AS what, count(*) AS n, min(u.url) AS example
  FROM main._sitemap_urls m CROSS JOIN main._urls u ON u.id = m.url_id
  WHERE m.run_id = :run AND julianday(m.lastmod) > julianday(:now) + 1
  GROUP BY m.sitemap_id
  UNION ALL
  SELECT m.sitemap_id, 'all the same', count(*), NULL
  FROM main._sitemap_urls m
  WHERE m.run_id = :run AND m.lastmod IS NOT NULL
  GROUP BY m.sitemap_id
  HAVING count(*) >= :entries AND count(DISTINCT m.lastmod) = 1
  UNION ALL
  SELECT m.sitemap_id, 'unchanged though the page changed', count(*), min(u.url)
  FROM main._sitemap_urls m
  CROSS JOIN main._sitemap_urls old ON old.run_id = :previous AND old.url_id = m.url_id AND old.sitemap_id = m.sitemap_id AND old.lastmod = m.lastmod
  CROSS JOIN temp.page p ON p.url_id = m.url_id
  CROSS JOIN temp.before b ON b.url_id = m.url_id
  CROSS JOIN main._facts f ON f.id = b.facts_id
  CROSS JOIN main._urls u ON u.id = m.url_id
  WHERE m.run_id = :run AND b.facts_id <> p.facts_id AND f.text_hash <> p.text_hash
  GROUP BY m.sitemap_id
)
GROUP BY subject;
