-- title: The redirect says that it is temporary
-- severity: low
-- subject: page
-- why: Search engines keep the old address, because 302, 303 and 307 say that it comes back.
-- fix: Answer 301 or 308 if the move is for good.
SELECT v.url_id AS subject, json_object('status', v.status, 'leads_to', u.url,
  'seen', iif(b.outcome = 'redirect' AND b.status IN (302, 303, 307), 'in this run and the one before', 'once')) AS evidence
FROM temp.visit v
LEFT JOIN main._urls u ON u.id = v.redirect_to_id
LEFT JOIN temp.before b ON b.url_id = v.url_id
WHERE v.internal AND v.outcome = 'redirect' AND v.status IN (302, 303, 307);
