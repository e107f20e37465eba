-- title: The pages have no content security policy
-- severity: low
-- subject: host
-- why: A script that somebody smuggles into a page runs with all rights.
-- fix: Send a Content-Security-Policy header; begin with Content-Security-Policy-Report-Only.
SELECT host_id AS subject, json_object('pages', sum(page_count), 'sample', json_group_array(url) FILTER (WHERE place <= 5)) AS evidence
FROM (
  SELECT h.host_id, h.page_count, h.url, row_number() OVER (PARTITION BY h.host_id ORDER BY h.page_count DESC, h.page_id) AS place
  FROM temp.header_set h
  WHERE instr(h.headers, '["Content-Security-Policy",') = 0
)
GROUP BY host_id;
