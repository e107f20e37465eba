-- title: The content is of another type than the header says
-- severity: low
-- subject: page
-- why: Browsers believe the header: styles and scripts of the wrong type are not applied, pages are
--   shown as text.
-- fix: Let the server send the Content-Type that the file has.
SELECT v.url_id AS subject, json_object('says', v.content_type, 'looks_like', v.sniffed_type) AS evidence
FROM temp.visit v
WHERE v.internal AND v.outcome = 'ok' AND v.sniffed_type IS NOT NULL;
