-- title: Other sites may put the pages into a frame
-- severity: low
-- subject: host
-- why: Visitors can be made to click on your page without seeing it.
-- fix: Send Content-Security-Policy: frame-ancestors 'self', or X-Frame-Options: SAMEORIGIN.
SELECT host_id AS subject, json_object('pages', sum(page_count), 'sample', json_group_array(url) FILTER (WHERE place <= 5)) AS evidence
FROM (
  SELECT h.host_id, h.page_count, h.url, row_number() OVER (PARTITION BY h.host_id ORDER BY h.page_count DESC, h.page_id) AS place
  FROM temp.header_set h
  WHERE instr(h.headers, '["X-Frame-Options",') = 0 AND instr(h.headers, 'frame-ancestors') = 0
)
GROUP BY host_id;
