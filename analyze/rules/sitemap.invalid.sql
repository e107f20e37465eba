-- title: The sitemap cannot be read as it should
-- severity: high
-- subject: page
-- why: Search engines skip it, or the part of it behind the mistake.
-- fix: Correct the fault named; a sitemap holds at most 50,000 URLs and 50 MiB, as XML.
-- threshold: urls 50000 URLs
-- threshold: mib 50 MiB
SELECT v.url_id AS subject, json_patch('{}', json_object('fault', m.fault, 'status', nullif(v.status, 200), 'failure', v.failure,
  'entries', m.entry_count, 'bytes', v.body_bytes)) AS evidence
FROM temp.visit v
LEFT JOIN main._sitemaps m ON m.run_id = :run AND m.url_id = v.url_id
WHERE v.used_for = 'map' AND (
  m.kind IS NOT NULL AND (m.fault IS NOT NULL OR m.entry_count > :urls OR v.body_bytes > :mib * 1048576)
  OR v.found_on_id IS NOT NULL AND (v.broken OR m.url_id IS NOT NULL AND m.kind IS NULL));
