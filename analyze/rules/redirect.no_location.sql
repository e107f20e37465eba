-- title: A redirect does not say where to
-- severity: medium
-- subject: page
-- why: Browsers show an empty page.
-- fix: Let the answer name a URL in its Location header.
SELECT v.url_id AS subject, json_object('status', v.status) AS evidence
FROM temp.visit v
WHERE v.internal AND v.failure = 'bad_location';
