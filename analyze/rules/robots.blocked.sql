-- title: robots.txt forbids this URL
-- severity: info
-- subject: page
-- why: Search engines do not read it; they may still list its bare address.
-- fix: Nothing, if that is meant. Otherwise change the rule; and take out of the sitemap what is
--   not to be read.
-- threshold: inlinks 10 links from which on it matters
SELECT v.url_id AS subject, json_object('inlinks', v.inlink_count, 'in_sitemap', json(iif(v.in_sitemap, 'true', 'false'))) AS evidence,
  iif(v.in_sitemap OR v.inlink_count >= :inlinks, 'high', 'info') AS severity
FROM temp.visit v
WHERE v.internal AND v.outcome = 'robots_blocked' AND v.reason = 'robots_rule';
