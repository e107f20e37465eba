-- More of what an answer shows, and what is known of each origin in each run.

ALTER TABLE _facts ADD COLUMN sniffed_type TEXT;           -- what the body shows, where that is of another kind than content_type
ALTER TABLE _facts ADD COLUMN charset_seen TEXT;           -- what the bytes look like: ascii, utf-8 or other
ALTER TABLE _facts ADD COLUMN content_encoding TEXT;       -- as it came, lower case
ALTER TABLE _facts ADD COLUMN fresh_s INTEGER;             -- seconds that a browser may use it for; NULL where nothing says. As it was when first seen
ALTER TABLE _facts ADD COLUMN blocked_by TEXT;             -- waf, rate_limit, auth, legal, portal
ALTER TABLE _facts ADD COLUMN replaced_count INTEGER;      -- U+FFFD in the source
ALTER TABLE _facts ADD COLUMN duplicate_id_count INTEGER;
ALTER TABLE _facts ADD COLUMN password_count INTEGER;
ALTER TABLE _facts ADD COLUMN mixed_active_count INTEGER;  -- scripts, styles, frames over http on an https page
ALTER TABLE _facts ADD COLUMN mixed_passive_count INTEGER; -- pictures, sound, icons

ALTER TABLE _origins ADD COLUMN robots_faults TEXT CHECK (robots_faults IS NULL OR json_valid(robots_faults)); -- JSON array of {line, text}
ALTER TABLE _origins ADD COLUMN robots_blocks_all INTEGER; -- 1 when it forbids everything to robots that it does not name
ALTER TABLE _origins ADD COLUMN robots_sitemaps TEXT CHECK (robots_sitemaps IS NULL OR json_valid(robots_sitemaps)); -- JSON array, as they stand
ALTER TABLE _origins ADD COLUMN robots_crawl_delay_ms INTEGER; -- that it asks of us
ALTER TABLE _origins ADD COLUMN robots_sha256 BLOB;        -- of its body

-- What the origin answered to a request for a page that nobody made.
ALTER TABLE _origins ADD COLUMN not_found_asked_at TEXT;
ALTER TABLE _origins ADD COLUMN not_found_status INTEGER;
ALTER TABLE _origins ADD COLUMN not_found_word_count INTEGER;
ALTER TABLE _origins ADD COLUMN not_found_text_hash INTEGER;
ALTER TABLE _origins ADD COLUMN not_found_simhash INTEGER;

-- The origins that a run asked. robots_ and not_found_ are those of _origins as they
-- were when the run closed.
CREATE TABLE _run_origins (
  run_id              INTEGER NOT NULL REFERENCES _runs (id),
  origin_id           INTEGER NOT NULL REFERENCES _origins (id),
  robots_status       INTEGER,                           -- 0 when no answer came
  robots_failure      TEXT,
  robots_sha256       BLOB,                              -- of its body
  complaint_count     INTEGER NOT NULL DEFAULT 0,        -- answers that asked for less: 429, 503, Retry-After
  stopped_ms          INTEGER NOT NULL DEFAULT 0,        -- that it was not asked at all for: by its wish, or because it did not answer
  parked              INTEGER NOT NULL DEFAULT 0,        -- 1 when it was given up for the rest of the run
  robots_blocks_all   INTEGER,
  not_found_status    INTEGER,                           -- NULL when it was not asked
  not_found_word_count INTEGER,
  not_found_text_hash INTEGER,
  not_found_simhash   INTEGER,
  PRIMARY KEY (run_id, origin_id)
) STRICT, WITHOUT ROWID;

-- The sitemap files that a run read.
CREATE TABLE _sitemaps (
  run_id      INTEGER NOT NULL REFERENCES _runs (id),
  url_id      INTEGER NOT NULL REFERENCES _urls (id),
  kind        TEXT,                                      -- urlset, index, text, rss, atom; NULL when it is none
  entry_count INTEGER NOT NULL,                          -- URLs of pages
  child_count INTEGER NOT NULL,                          -- other sitemaps
  fault       TEXT,                                      -- the first thing that is wrong with it
  PRIMARY KEY (run_id, url_id)
) STRICT, WITHOUT ROWID;
