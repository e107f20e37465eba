-- title: A language code in hreflang does not exist
-- severity: high
-- subject: page
-- why: Search engines ignore the entry, so visitors are shown the page in the wrong language.
-- fix: Write a language, and where it is needed a region: en, en-GB, pt-BR. The United Kingdom is
--   GB, Japanese is ja.
SELECT a.url_id AS subject, json_object('codes', json_group_array(DISTINCT a.lang)) AS evidence
FROM temp.alternate a
WHERE a.lang <> 'x-default' AND NOT is_language(a.lang)
GROUP BY a.url_id;
