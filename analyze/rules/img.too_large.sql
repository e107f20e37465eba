-- title: The picture is a large file
-- severity: low
-- subject: page
-- why: Pages that show it load slowly, above all on phones.
-- fix: Save it in the size in which it is shown, in a format such as WebP or AVIF.
-- threshold: bytes 100000 bytes
-- threshold: huge_bytes 500000 bytes from which on it is medium
SELECT v.url_id AS subject, json_object('bytes', v.body_bytes, 'type', v.content_type) AS evidence,
  iif(v.body_bytes > :huge_bytes, 'medium', 'low') AS severity
FROM temp.visit v
WHERE v.internal AND v.outcome = 'ok' AND v.content_type LIKE 'image/%' AND v.body_bytes > :bytes;
