-- What is made of a run when it closes: changes, the metrics of its pages, and groups of
-- pages that say nearly the same. All of it can be made again from what was recorded
-- (`sonde analyze RUN`), but for the texts of robots.txt.

CREATE TABLE _changes (
  id      INTEGER PRIMARY KEY,
  run_id  INTEGER NOT NULL REFERENCES _runs (id),        -- that found it
  kind    TEXT NOT NULL CHECK (kind IN ('page', 'robots', 'host')),
  url_id  INTEGER REFERENCES _urls (id),                 -- of a page
  host_id INTEGER REFERENCES _hosts (id),                -- of what is no page
  subject TEXT,                                          -- of what is no page
  what    TEXT NOT NULL,
  old     TEXT,
  new     TEXT
) STRICT;

CREATE INDEX _changes_by_run ON _changes (run_id);

CREATE TABLE _page_metrics (
  run_id      INTEGER NOT NULL REFERENCES _runs (id),
  url_id      INTEGER NOT NULL REFERENCES _urls (id),
  link_score  REAL NOT NULL,                             -- PageRank over internal follow links; the mean of a run is 1
  click_depth INTEGER,                                   -- fewest follow links from a seed; NULL where none lead there
  PRIMARY KEY (run_id, url_id)
) STRICT, WITHOUT ROWID;

-- Pages whose texts nearly agree. A group is named by its URL with the smallest number.
CREATE TABLE _near_duplicates (
  run_id   INTEGER NOT NULL REFERENCES _runs (id),
  url_id   INTEGER NOT NULL REFERENCES _urls (id),
  group_id INTEGER NOT NULL REFERENCES _urls (id),
  PRIMARY KEY (run_id, url_id)
) STRICT, WITHOUT ROWID;

-- The texts of robots.txt, once per content (_run_origins says which run found which).
CREATE TABLE _robots_texts (
  sha256 BLOB PRIMARY KEY,
  text   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
