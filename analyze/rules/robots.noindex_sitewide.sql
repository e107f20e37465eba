-- title: Most of the site asks not to be found
-- severity: critical
-- subject: site
-- why: Search engines drop it. Often a setting of a test site has gone live.
-- fix: Remove noindex where it is not meant: look at templates and the server's headers first.
-- threshold: share 0.8 of the pages
-- threshold: pages 5 pages at least
-- compares: yes
SELECT json_object('noindex', sum(p.noindex), 'pages', count(*)) AS evidence
FROM temp.page p
HAVING count(*) >= :pages AND sum(p.noindex) > :share * count(*);
