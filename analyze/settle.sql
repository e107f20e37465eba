-- The hits of the run :run against the run before that was analysed, :prior (0 when
-- there is none). :whole is 1 when what this run does not have is not there.

-- :evidence is the last number of main._evidence before.
INSERT INTO main._evidence (id, json) SELECT :evidence - id, json FROM temp.evidence ORDER BY id DESC;

DELETE FROM main._issues WHERE run_id = :run;

-- What it has: ongoing where the run before had it, regressed where that or an earlier
-- one knew it, new where none did.
INSERT INTO main._issues (run_id, rule_id, subject_id, severity, state, first_seen_epoch_ms, last_seen_epoch_ms, evidence_id)
SELECT :run, h.rule_id, h.subject_id, h.severity,
  CASE WHEN p.state < 4 THEN 2 WHEN p.state = 4 OR e.first_ms IS NOT NULL THEN 3 ELSE 1 END,
  coalesce(p.first_seen_epoch_ms, e.first_ms, :began), :began,
  iif(h.evidence_id < 0, :evidence - h.evidence_id, h.evidence_id)
FROM temp.hit h
LEFT JOIN main._issues p ON p.run_id = :prior AND p.rule_id = h.rule_id AND p.subject_id = h.subject_id
LEFT JOIN temp.earlier e ON e.rule_id = h.rule_id AND e.subject_id = h.subject_id;

-- What it has not: fixed where it looked, and as it was where it did not.
INSERT INTO main._issues (run_id, rule_id, subject_id, severity, state, first_seen_epoch_ms, last_seen_epoch_ms, evidence_id)
SELECT :run, p.rule_id, p.subject_id, p.severity,
  CASE WHEN a.done AND (:whole OR NOT a.compares AND CASE ru.subject
    WHEN 'page' THEN EXISTS (SELECT 1 FROM temp.visit v WHERE v.url_id = p.subject_id AND v.outcome NOT IN ('pending', 'excluded'))
    WHEN 'host' THEN EXISTS (SELECT 1 FROM temp.met m WHERE m.host_id = p.subject_id)
    ELSE 0 END) THEN 4 ELSE 2 END,
  p.first_seen_epoch_ms, p.last_seen_epoch_ms, p.evidence_id
FROM main._issues p
JOIN temp.asked a ON a.rule_id = p.rule_id
JOIN main._rules ru ON ru.id = p.rule_id
WHERE p.run_id = :prior AND p.state < 4
  AND NOT EXISTS (SELECT 1 FROM temp.hit h WHERE h.rule_id = p.rule_id AND h.subject_id = p.subject_id);

UPDATE main._runs SET issue_count = 0 WHERE id = :run;
