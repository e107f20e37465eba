-- title: A form sends what people type without encryption
-- severity: critical
-- subject: page
-- why: Others on the way can read it, passwords too. A form without a password on a page that came
--   without encryption itself counts for little, since nobody was promised any.
-- fix: Serve the page over https, and let the form's action be an https address.
SELECT p.url_id AS subject, json_object('forms', p.insecure_form_count, 'passwords', f.password_count) AS evidence,
  iif(p.https OR f.password_count > 0, 'critical', 'low') AS severity
FROM temp.page p
CROSS JOIN main._facts f ON f.id = p.facts_id
WHERE p.insecure_form_count > 0;
