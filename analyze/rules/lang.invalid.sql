-- title: The page's language does not exist
-- severity: medium
-- subject: page
-- why: Screen readers and browsers do not understand it.
-- fix: Write a language of BCP 47: en, de, pt-BR.
SELECT p.url_id AS subject, json_object('lang', substr(p.lang, 1, 100)) AS evidence
FROM temp.page p
WHERE p.lang <> '' AND NOT is_language(p.lang);
