-- title: Links lead to a place that the page does not have
-- severity: low
-- subject: page
-- why: Visitors land at the top of the page and have to look for what they were promised.
-- fix: Correct the part of the links behind the #, or give the element its id back.
SELECT b.url_id AS subject, json_object('count', count(*), 'fragments', json_group_array(t.text),
  'sources', json((SELECT json_group_array(url) FROM (
    SELECT DISTINCT s.url FROM temp.source s WHERE s.target_id = b.url_id AND s.leads AND s.fragment_id = b.fragment_id LIMIT 10)))) AS evidence
FROM temp.broken_fragment b -- Pages with 100,000 ids or more are left out: it is not kept which more they have.
CROSS JOIN main._texts t ON t.id = b.fragment_id
GROUP BY b.url_id;
