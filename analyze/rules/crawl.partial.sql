-- title: The run did not see all of the site
-- severity: info
-- subject: site
-- why: What was not looked at stays as it was in the run before.
-- fix: Resume the run, or raise the limit that ended it.
-- compares: yes
SELECT json_object('pending', (SELECT count(*) FROM temp.visit WHERE outcome = 'pending'), 'why', r.reason) AS evidence
FROM main._runs r
WHERE r.id = :run AND r.status IN ('partial', 'stopped', 'interrupted');
