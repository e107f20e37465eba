-- title: The secure page is built of insecure parts
-- severity: high
-- subject: page
-- why: Browsers block them, or show that the page is not secure.
-- fix: Load everything that the page is built of over https.
SELECT p.url_id AS subject, json_object('active', p.mixed_active_count, 'passive', p.mixed_passive_count) AS evidence,
  iif(p.mixed_active_count > 0, 'high', 'low') AS severity
FROM temp.page p
WHERE p.https AND (p.mixed_active_count > 0 OR p.mixed_passive_count > 0);
