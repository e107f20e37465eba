-- title: The page says that another stands for it
-- severity: info
-- subject: page
-- why: Search engines show the other one.
-- fix: Nothing, if that is meant; what is in the sitemap should stand for itself.
SELECT p.url_id AS subject, json_object('canonical', u.url) AS evidence, iif(p.in_sitemap, 'high', 'info') AS severity
FROM temp.page p
CROSS JOIN main._urls u ON u.id = p.canonical_id
WHERE p.canonical_id <> p.url_id;
