-- title: The page has no text
-- severity: high
-- subject: page
-- why: Without scripts there is nothing on it: some search engines, and all simple readers, see an
--   empty page.
-- fix: Let the server send the text with the page.
-- threshold: empty_bytes 512 bytes
SELECT p.url_id AS subject, json_object('scripts', p.script_count, 'bytes', p.body_bytes) AS evidence
FROM temp.page p
WHERE p.idx AND p.word_count = 0 AND (p.script_count > 0 OR p.body_bytes < :empty_bytes);
