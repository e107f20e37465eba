-- title: Browsers may guess the type of the content
-- severity: low
-- subject: host
-- why: A file that somebody uploaded may run as a script.
-- fix: Send X-Content-Type-Options: nosniff.
SELECT host_id AS subject, json_object('pages', sum(page_count), 'sample', json_group_array(url) FILTER (WHERE place <= 5)) AS evidence
FROM (
  SELECT h.host_id, h.page_count, h.url, row_number() OVER (PARTITION BY h.host_id ORDER BY h.page_count DESC, h.page_id) AS place
  FROM temp.header_set h
  WHERE instr(lower(h.headers), '["x-content-type-options","nosniff') = 0
)
GROUP BY host_id;
