-- A link is found by one number, of its block and of its place in it: rows that are only
-- ever added behind the last fill their pages. What closing runs index is indexed anew
-- (see store).

CREATE TABLE _numbered_links (
  id        INTEGER PRIMARY KEY,                         -- block_id << 6 | place in the block, from 0
  target_id INTEGER NOT NULL,                            -- _urls
  label_id  INTEGER NOT NULL                             -- _link_labels
) STRICT;

INSERT INTO _numbered_links SELECT block_id << 6 | place, target_id, label_id FROM _links ORDER BY block_id, place;

DROP TABLE _links;

PRAGMA legacy_alter_table = ON; -- the views of older versions name columns that are gone

ALTER TABLE _numbered_links RENAME TO _links;

PRAGMA legacy_alter_table = OFF;
