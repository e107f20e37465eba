-- title: The server turns robots away
-- severity: info
-- subject: page
-- why: What is behind it could not be looked at. It is not counted as broken: visitors may well see
--   it.
-- fix: Let Sonde's user agent or address pass in the firewall or bot protection, or crawl more
--   slowly.
SELECT v.url_id AS subject, json_object('status', v.status, 'by', v.blocked_by) AS evidence
FROM temp.visit v
WHERE v.blocked_by IS NOT NULL;
