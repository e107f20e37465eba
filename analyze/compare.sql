-- What the hits of the run :run are compared with besides the run before, :prior.

-- earlier: the hits that the run before does not know and an earlier one did.
CREATE TABLE temp.earlier (
  rule_id    INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  first_ms   INTEGER NOT NULL,
  PRIMARY KEY (rule_id, subject_id)
) WITHOUT ROWID;

INSERT INTO temp.earlier
SELECT h.rule_id, h.subject_id, min(e.first_seen_epoch_ms)
FROM (SELECT 1 WHERE EXISTS (SELECT 1 FROM main._runs WHERE site_id = :site AND id < :prior)) known -- else there is none to look for
CROSS JOIN temp.hit h
CROSS JOIN main._runs r ON r.site_id = :site AND r.id < :prior
CROSS JOIN main._issues e ON e.run_id = r.id AND e.rule_id = h.rule_id AND e.subject_id = h.subject_id
WHERE NOT EXISTS (SELECT 1 FROM main._issues p WHERE p.run_id = :prior AND p.rule_id = h.rule_id AND p.subject_id = h.subject_id)
GROUP BY 1, 2;
