-- title: The sitemap lists a URL that is not to be found
-- severity: medium
-- subject: page
-- why: A sitemap is for pages to be found; others in it waste the visits of search engines.
-- fix: Take the URL out of the sitemap, or mend what keeps it from being found.
SELECT subject, json_object('kind', kind, 'sitemap', (
    SELECT u.url FROM main._sitemap_urls m CROSS JOIN main._urls u ON u.id = m.sitemap_id WHERE m.run_id = :run AND m.url_id = q.subject LIMIT 1)) AS evidence
FROM (
  SELECT v.url_id AS subject, CASE
    WHEN v.broken THEN 'error'
    WHEN v.outcome = 'redirect' THEN 'redirect'
    WHEN v.outcome = 'robots_blocked' THEN 'robots'
    WHEN v.index_reason IN ('noindex_meta', 'noindex_header') THEN 'noindex'
    WHEN v.index_reason = 'canonical_other' THEN 'canonical'
    WHEN v.outcome = 'ok' AND v.status NOT IN (200, 304) THEN 'status' END AS kind
  FROM temp.visit v
  WHERE v.in_sitemap AND v.blocked_by IS NULL
) q
WHERE kind IS NOT NULL;
