-- title: Browsers are not told to come by https only
-- severity: medium
-- subject: host
-- why: The first request of a visitor may go out without encryption and be led elsewhere.
-- fix: Send Strict-Transport-Security with a max-age of a year on every https answer.
SELECT host_id AS subject, json_object('pages', sum(page_count), 'sample', json_group_array(url) FILTER (WHERE place <= 5)) AS evidence
FROM (
  SELECT h.host_id, h.page_count, h.url, row_number() OVER (PARTITION BY h.host_id ORDER BY h.page_count DESC, h.page_id) AS place
  FROM temp.header_set h
  WHERE h.https AND instr(h.headers, '["Strict-Transport-Security",') = 0
)
GROUP BY host_id;
