-- title: Pages are served without encryption
-- severity: high
-- subject: host
-- why: Others on the way can read and change what visitors see and type, and browsers call the site
--   not secure.
-- fix: Get a certificate, and redirect every http address to https.
SELECT host_id AS subject, json_object('pages', sum(page_count), 'sample', json_group_array(url) FILTER (WHERE place <= 5)) AS evidence
FROM (
  SELECT h.host_id, h.page_count, h.url, row_number() OVER (PARTITION BY h.host_id ORDER BY h.page_count DESC, h.page_id) AS place
  FROM temp.header_set h
  WHERE NOT h.https
)
GROUP BY host_id;
