-- What the answer with a robots.txt said of its version, so that each run can ask whether it
-- changed.

ALTER TABLE _origins ADD COLUMN robots_etag TEXT;
ALTER TABLE _origins ADD COLUMN robots_last_modified TEXT;
