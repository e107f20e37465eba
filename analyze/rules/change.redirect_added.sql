-- title: A page that was there redirects now
-- severity: medium
-- subject: page
-- why: Visitors land elsewhere than before.
-- fix: Nothing, if that is meant; see that the redirect leads to what took the page's place.
SELECT v.url_id AS subject, json_object('leads_to', u.url, 'status', v.status) AS evidence
FROM temp.before b
CROSS JOIN temp.visit v ON v.url_id = b.url_id
LEFT JOIN main._urls u ON u.id = v.redirect_to_id
WHERE b.outcome = 'ok' AND v.internal AND v.outcome = 'redirect';
