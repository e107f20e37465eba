-- title: Something ends the head of the page early
-- severity: medium
-- subject: page
-- why: Title, canonical or robots elements behind it count as part of the body, where search
--   engines ignore them.
-- fix: Move the element named out of the head, or behind the metadata.
SELECT p.url_id AS subject, json_patch('{}', json_object('closed_by', p.head_closed_by, 'parsed', nullif(p.parse_mode, 'tokens'))) AS evidence
FROM temp.page p
WHERE coalesce(p.head_closed_by, '') <> '' OR p.parse_mode = 'partial';
