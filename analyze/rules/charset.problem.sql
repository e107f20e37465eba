-- title: The page's characters are not as it says
-- severity: medium
-- subject: page
-- why: Visitors see signs of another alphabet, or boxes, in the place of letters.
-- fix: Save and send the page in UTF-8, and say so in the Content-Type header.
-- threshold: of 1000 characters, one of which may be lost
SELECT subject, json_object('kind', kind, 'charset', charset, 'said_by', charset_source, 'lost_characters', replaced_count) AS evidence
FROM (
  SELECT p.url_id AS subject, p.charset, p.charset_source, p.replaced_count, CASE
    WHEN p.charset_source IN ('guess', 'default') AND p.charset_seen <> 'ascii' THEN 'not declared'
    WHEN p.charset_source IN ('header', 'meta') AND (p.charset_seen = 'utf-8') <> (p.charset = 'utf-8') AND p.charset_seen <> 'ascii' THEN 'declared wrongly'
    WHEN p.replaced_count * :of > p.body_bytes THEN 'characters lost' END AS kind
  FROM temp.page p
)
WHERE kind IS NOT NULL;
