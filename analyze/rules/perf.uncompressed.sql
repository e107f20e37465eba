-- title: Texts are sent without compression
-- severity: low
-- subject: host
-- why: Pages, styles and scripts take two to five times as long to arrive.
-- fix: Turn on gzip, Brotli or zstd for texts in the server.
-- threshold: bytes 1400 bytes
WITH plain AS (
  SELECT v.host_id, v.url_id, v.body_bytes FROM temp.visit v
  WHERE v.internal AND v.outcome = 'ok' AND v.content_encoding IS NULL AND v.body_bytes >= :bytes
    AND v.content_type IN ('text/html', 'application/xhtml+xml', 'text/css', 'text/javascript', 'application/javascript', 'text/plain',
      'application/json', 'application/xml', 'text/xml', 'image/svg+xml')
)
SELECT p.host_id AS subject, json_object('urls', count(*), 'bytes', sum(p.body_bytes), 'sample', json((SELECT json_group_array(url) FROM (
    SELECT u.url FROM plain q CROSS JOIN main._urls u ON u.id = q.url_id WHERE q.host_id = p.host_id LIMIT 5)))) AS evidence
FROM plain p
GROUP BY p.host_id;
