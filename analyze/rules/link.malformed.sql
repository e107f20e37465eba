-- title: Links lead to what is no URL
-- severity: medium
-- subject: page
-- why: Browsers do nothing, or guess; nobody gets anywhere.
-- fix: Correct the address in the links on the pages named.
SELECT v.url_id AS subject, json_object('sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = v.url_id AND 1 LIMIT 10)))) AS evidence
FROM temp.visit v
WHERE v.reason = 'malformed';
