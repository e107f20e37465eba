-- title: The pages do not say what other sites learn of their visitors
-- severity: info
-- subject: host
-- why: Addresses of your pages, with what stands in them, may be passed on to the sites that they
--   link to.
-- fix: Send Referrer-Policy: strict-origin-when-cross-origin.
SELECT host_id AS subject, json_object('pages', sum(page_count), 'sample', json_group_array(url) FILTER (WHERE place <= 5)) AS evidence
FROM (
  SELECT h.host_id, h.page_count, h.url, row_number() OVER (PARTITION BY h.host_id ORDER BY h.page_count DESC, h.page_id) AS place
  FROM temp.header_set h
  WHERE instr(h.headers, '["Referrer-Policy",') = 0
)
GROUP BY host_id;
