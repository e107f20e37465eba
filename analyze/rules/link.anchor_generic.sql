-- title: Links say "here" or "more"
-- severity: info
-- subject: page
-- why: Who jumps from link to link, or reads them in a list, does not learn where they lead.
-- fix: Name what is behind the link.
SELECT p.url_id AS subject, json_object('links', l.generic_count, 'lead_to', json((
  SELECT json_group_array(u.url) FROM temp.poor_link x CROSS JOIN main._urls u ON u.id = x.target_id WHERE x.url_id = p.url_id AND x.generic = 1))) AS evidence
FROM temp.page_links l
CROSS JOIN temp.page p ON p.url_id = l.url_id
WHERE l.generic_count > 0;
