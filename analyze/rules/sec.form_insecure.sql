-- title: A form sends what people type without encryption
-- severity: critical
-- subject: page
-- why: Others on the way can read it, passwords too.
-- fix: Serve the page over https, and let the form's action be an https address.
SELECT p.url_id AS subject, json_object('forms', p.insecure_form_count) AS evidence
FROM temp.page p
WHERE p.insecure_form_count > 0;
