-- title: robots.txt forbids a style or script that pages need
-- severity: medium
-- subject: page
-- why: Search engines see the pages without it, and may take them for broken or not fit for phones.
-- fix: Allow the file in robots.txt.
SELECT v.url_id AS subject, json_object('sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = v.url_id AND s.kind IN ('css', 'script') AND s.idx LIMIT 10)))) AS evidence
FROM temp.visit v
WHERE v.outcome = 'robots_blocked' AND v.reason = 'robots_rule'
  AND EXISTS (SELECT 1 FROM temp.source s WHERE s.target_id = v.url_id AND s.kind IN ('css', 'script') AND s.idx);
