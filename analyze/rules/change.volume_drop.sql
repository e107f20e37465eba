-- title: The site has far fewer pages to be found than before
-- severity: critical
-- subject: site
-- why: A part of the site may have been lost, closed, or cut off from its links.
-- fix: Look at the changes of the run for what is gone, or asks not to be found.
-- threshold: share 0.1 of the pages
-- compares: yes
SELECT json_object('pages', now.n, 'before', was.n) AS evidence
FROM main._runs r,
  (SELECT count(*) AS n FROM temp.page WHERE idx) now,
  (SELECT count(*) AS n FROM temp.before WHERE index_reason = 'ok') was
WHERE r.id = :run AND r.status = 'finished' AND was.n > 0 AND now.n <= was.n * (1 - :share);
