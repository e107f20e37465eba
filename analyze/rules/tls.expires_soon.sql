-- title: The certificate ends soon
-- severity: medium
-- subject: host
-- why: When it has ended, browsers show a warning instead of the site.
-- fix: Renew it now, and find out why that did not happen by itself.
-- threshold: days 21 days
-- threshold: share 0.25 of the certificate's life
-- threshold: urgent_days 7 days
-- threshold: urgent_share 0.15 of the certificate's life
SELECT host_id AS subject, json_object('not_after', not_after, 'days_left', round(days_left, 1), 'of_days', round(days, 1)) AS evidence,
  iif(days_left <= :urgent_days AND days_left <= days * :urgent_share, 'high', 'medium') AS severity
FROM (
  SELECT m.host_id, min(c.not_after) AS not_after, julianday(c.not_after) - julianday(:now) AS days_left,
    julianday(c.not_after) - julianday(c.not_before) AS days
  FROM temp.met m
CROSS JOIN main._certificate_sightings k ON k.host_id = m.host_id AND k.current
CROSS JOIN main._certificates c ON c.id = k.certificate_id
  WHERE c.not_after >= :now AND c.not_before <= :now
  GROUP BY m.host_id
)
WHERE days_left <= :days AND days_left <= days * :share;
