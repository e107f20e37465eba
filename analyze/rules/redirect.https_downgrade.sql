-- title: A redirect leads from https to http
-- severity: high
-- subject: page
-- why: Visitors lose the encryption that they asked for.
-- fix: Let the redirect lead to the https address.
SELECT v.url_id AS subject, json_object('leads_to', u.url) AS evidence
FROM temp.visit v
CROSS JOIN main._urls u ON u.id = v.redirect_to_id
WHERE v.outcome = 'redirect' AND v.https AND u.url LIKE 'http:%';
