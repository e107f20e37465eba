-- title: Redirects lead in a circle
-- severity: critical
-- subject: page
-- why: Browsers give up with an error: nobody sees a page.
-- fix: Find which two rules of the server send visitors to each other, and remove one.
SELECT v.url_id AS subject, json_object('inlinks', v.inlink_count) AS evidence
FROM temp.visit v
WHERE v.failure IN ('redirect_loop', 'redirect_limit');
