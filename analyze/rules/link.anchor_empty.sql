-- title: Links have no text
-- severity: low
-- subject: page
-- why: Who cannot see the page hears only "link", and search engines learn nothing of where it
--   leads.
-- fix: Write a text into the link, an alt text into its picture, or give it an aria-label.
SELECT p.url_id AS subject, json_object('links', l.empty_count, 'lead_to', json((
  SELECT json_group_array(u.url) FROM temp.poor_link x CROSS JOIN main._urls u ON u.id = x.target_id WHERE x.url_id = p.url_id AND x.generic = 0))) AS evidence
FROM temp.page_links l
CROSS JOIN temp.page p ON p.url_id = l.url_id
WHERE l.empty_count > 0;
