package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sonde"
	"sonde/store"
)

// How much of what is shown.
const (
	examples = 5  // of a rule
	pages    = 5  // that stand out by one thing
	parts    = 10 // hosts, paths
)

// ErrNotAnalysed is the error of asking for the report of a run that no rule was asked of:
// one that goes on, or was cut before it could be.
var ErrNotAnalysed = errors.New("the run has not been analysed")

// Brief reads of a report only the score and the tallies by severity.
func Brief(ctx context.Context, file *store.File, run int64) (Report, error) {
	r := Report{Run: run}
	q := questionsAbout(ctx, file, run)
	err := cmp.Or(q.analysed(&r), q.severities(&r))
	if err == nil {
		r.Score, err = ScoreOf(ctx, file, run)
	}
	return r, err
}

// Of reads the report of a run. The error is [ErrNotAnalysed] where there is none to be had
// yet.
func Of(ctx context.Context, file *store.File, run sonde.Run) (Report, error) {
	r := Report{
		Site: run.Site.Name, Run: run.ID, Status: run.Status, Reason: run.Reason,
		StartedAt: instant(run.StartedAt), FinishedAt: instant(run.FinishedAt),
	}
	q := questionsAbout(ctx, file, run.ID)
	for _, read := range []func(*Report) error{q.analysed, q.before, q.severities, q.rules, q.examples, q.counts, q.spreads, q.parts, q.pages, q.groups} {
		if err := read(&r); err != nil {
			return r, fmt.Errorf("reading what there is to report of run %d: %w", run.ID, err)
		}
	}
	var err error
	if r.Score, err = ScoreOf(ctx, file, run.ID); err != nil || r.Before == 0 {
		return r, err
	}
	before, err := ScoreOf(ctx, file, r.Before)
	r.ScoreBefore = &before
	return r, err
}

// instant is a time as the file writes it, "" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// questions ask the file about one run.
type questions struct {
	rows func(sql string, named store.Named, each func(store.Row) error) error
	run  int64
}

func questionsAbout(ctx context.Context, file *store.File, run int64) questions {
	return questions{func(sql string, named store.Named, each func(store.Row) error) error {
		return file.Rows(ctx, sql, named, each)
	}, run}
}

func (q questions) ask(sql string, each func(store.Row)) error {
	return q.rows(sql, store.Named{":run": q.run}, func(row store.Row) error {
		each(row)
		return nil
	})
}

func (q questions) analysed(*Report) error {
	analysed := false
	err := q.ask("SELECT issue_count IS NOT NULL FROM _runs WHERE id = :run", func(row store.Row) { analysed = row.Integer(0) == 1 })
	if err == nil && !analysed {
		err = ErrNotAnalysed
	}
	return err
}

func (q questions) before(r *Report) error {
	return q.ask(`SELECT p.id FROM _runs r JOIN _runs p ON p.id = r.previous_run_id WHERE r.id = :run AND p.issue_count IS NOT NULL`,
		func(row store.Row) { r.Before = row.Integer(0) })
}

// rules reads the tallies of the rules.
func (q questions) rules(r *Report) error {
	return q.ask(tallies, func(row store.Row) {
		r.Rules = append(r.Rules, Rule{
			Name: row.Text(0), Title: row.Text(1), Why: row.Text(2), Fix: row.Text(3), Severity: severityOf(row.Integer(4)),
			Tally: Tally{Open: row.Integer(5), New: row.Integer(6), Fixed: row.Integer(7), Muted: row.Integer(8)},
		})
	})
}

func (q questions) severities(r *Report) error {
	for _, severity := range sonde.Severities {
		r.Severities = append(r.Severities, Severity{Severity: severity})
	}
	return q.ask(talliesBySeverity, func(row store.Row) {
		s := &r.Severities[severityOf(row.Integer(0)).Rank()-1]
		s.Tally = Tally{Open: row.Integer(1), New: row.Integer(2), Fixed: row.Integer(3), Muted: row.Integer(4)}
	})
}

// tally adds up _issue_counts i by the states of the issues.
const tally = `
  coalesce(sum(i.issue_count) FILTER (WHERE ` + unmuted + `), 0),
  coalesce(sum(i.issue_count) FILTER (WHERE ` + unmuted + ` AND i.state IN (1, 3)), 0),
  coalesce(sum(i.issue_count) FILTER (WHERE i.state = 4), 0),
  coalesce(sum(i.issue_count) FILTER (WHERE i.state < 4 AND NOT (` + unmuted + `)), 0)`

const tallies = `
SELECT ru.name, ru.title, ru.why, ru.fix, min(i.severity), ` + tally + `
FROM _issue_counts i JOIN _rules ru ON ru.id = i.rule_id WHERE i.run_id = :run
GROUP BY i.rule_id ORDER BY 5, 6 DESC, 1`

const talliesBySeverity = `
SELECT i.severity, ` + tally + ` FROM _issue_counts i WHERE i.run_id = :run GROUP BY i.severity`

// examples reads a few issues of every rule.
func (q questions) examples(r *Report) error {
	byName := map[string]*Rule{}
	for i := range r.Rules {
		byName[r.Rules[i].Name] = &r.Rules[i]
	}
	return q.rows(examplesOfRules, store.Named{":run": q.run, ":most": examples}, func(row store.Row) error {
		rule := byName[row.Text(0)]
		rule.Examples = append(rule.Examples, Example{row.Text(1), row.Text(2)})
		return nil
	})
}

const examplesOfRules = `
SELECT ru.name,
  CASE ru.subject WHEN 'page' THEN (SELECT url FROM _urls WHERE id = i.subject_id)
    WHEN 'host' THEN (SELECT name FROM _hosts WHERE id = i.subject_id) ELSE (SELECT name FROM _sites WHERE id = i.subject_id) END,
  coalesce(ev.json, '{}')
FROM (
  SELECT rule_id, subject_id, row_number() OVER (PARTITION BY i.rule_id ORDER BY i.severity, i.state <> 1, i.subject_id) AS place
  FROM _issues i WHERE i.run_id = :run AND ` + unmuted + `
) e CROSS JOIN _issues i ON i.run_id = :run AND i.rule_id = e.rule_id AND i.subject_id = e.subject_id
JOIN _rules ru ON ru.id = i.rule_id
LEFT JOIN _evidence ev ON ev.id = i.evidence_id
WHERE e.place <= :most ORDER BY e.rule_id, e.place`

func (q questions) counts(r *Report) error {
	for _, c := range []struct {
		counts *[]Count
		sql    string
	}{
		{&r.Changes, "SELECT what, count(*), NULL FROM _changes WHERE run_id = :run GROUP BY 1 ORDER BY 2 DESC, 1"},
		{&r.Outcomes, "SELECT outcome, count(*), NULL FROM _visits WHERE run_id = :run GROUP BY 1 ORDER BY 2 DESC, 1"},
		{&r.Statuses, "SELECT status, count(*), NULL FROM _visits WHERE run_id = :run AND status IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"},
		{&r.Types, `SELECT coalesce(f.content_type, 'unknown'), count(*), NULL FROM _visits v JOIN _facts f ON f.id = v.facts_id
			WHERE v.run_id = :run GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20`},
		{&r.NotCrawled, `SELECT n.name, n.count, u.url FROM (
			SELECT outcome || coalesce(': ' || reason, '') AS name, count(*) AS count, min(url_id) AS url_id FROM _visits
			WHERE run_id = :run AND outcome IN ('pending', 'excluded', 'robots_blocked', 'blocked_address') GROUP BY 1
		) n JOIN _urls u ON u.id = n.url_id ORDER BY 2 DESC, 1`},
	} {
		*c.counts = []Count{}
		if err := q.ask(c.sql, func(row store.Row) {
			*c.counts = append(*c.counts, Count{row.Text(0), row.Integer(1), row.Text(2)})
		}); err != nil {
			return err
		}
	}
	return nil
}

func (q questions) spreads(r *Report) error {
	read := func(sql string) (Spread, error) {
		var bars []bar
		err := q.ask(sql, func(row store.Row) { bars = append(bars, bar{row.Integer(0), row.Integer(1)}) })
		return spreadOf(bars), err
	}
	var err, sizeErr error
	r.FirstByte, err = read("SELECT ttfb_ms, count(*) FROM _visits WHERE run_id = :run AND used_for = 'read' AND ttfb_ms IS NOT NULL GROUP BY 1 ORDER BY 1")
	r.Size, sizeErr = read(`SELECT f.body_bytes, count(*) FROM _visits v JOIN _facts f ON f.id = v.facts_id
		WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome = 'ok' AND f.body_bytes IS NOT NULL GROUP BY 1 ORDER BY 1`)
	return cmp.Or(err, sizeErr)
}

// parts adds up by host and by the first segment of the path.
func (q questions) parts(r *Report) error {
	hosts := map[string]*Part{}
	err := q.ask(partsOfSite, func(row store.Row) {
		p := Part{Name: row.Text(0) + row.Text(1), URLs: row.Integer(2), Failed: row.Integer(3), Bytes: row.Integer(4), MeanMS: row.Float(5)}
		r.Paths = append(r.Paths, p)
		if hosts[row.Text(0)] == nil {
			hosts[row.Text(0)] = &Part{Name: row.Text(0)}
		}
		hosts[row.Text(0)].add(p)
	})
	for _, p := range hosts {
		r.Hosts = append(r.Hosts, *p)
	}
	r.Hosts, r.Paths = largestParts(r.Hosts), largestParts(r.Paths)
	return err
}

func (p *Part) add(q Part) {
	p.MeanMS = (p.MeanMS*float64(p.URLs) + q.MeanMS*float64(q.URLs)) / float64(p.URLs+q.URLs)
	p.URLs += q.URLs
	p.Failed += q.Failed
	p.Bytes += q.Bytes
}

func largestParts(list []Part) []Part {
	slices.SortFunc(list, func(a, b Part) int { return cmp.Or(cmp.Compare(b.URLs, a.URLs), cmp.Compare(a.Name, b.Name)) })
	return list[:min(len(list), parts)]
}

const partsOfSite = `
SELECT origin, CASE WHEN instr(path, '/') > 0 THEN '/' || substr(path, 1, instr(path, '/')) ELSE '/' END AS segment,
  count(*), sum(failed), sum(wire_bytes), coalesce(avg(ttfb_ms), 0)
FROM (
  SELECT o.origin, substr(u.url, length(o.origin) + 2) AS path, coalesce(v.wire_bytes, 0) AS wire_bytes, v.ttfb_ms,
    v.outcome IN ('http_error', 'dns_error', 'connect_error', 'tls_error', 'timeout', 'protocol_error') AS failed
  FROM _visits v CROSS JOIN _urls u ON u.id = v.url_id CROSS JOIN _origins o ON o.id = u.origin_id
  WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome NOT IN ('pending', 'excluded', 'robots_blocked')
) GROUP BY origin, segment`

func (q questions) pages(r *Report) error {
	for _, p := range []struct {
		pages *[]Page
		sql   string
	}{
		{&r.Slowest, "SELECT url_id, ttfb_ms FROM _visits WHERE run_id = :run AND ttfb_ms > 0 AND used_for = 'read'"},
		{&r.Largest, `SELECT v.url_id, f.body_bytes FROM _visits v JOIN _facts f ON f.id = v.facts_id
			WHERE v.run_id = :run AND v.used_for = 'read' AND f.body_bytes > 0`},
		{&r.MostLinked, `SELECT v.url_id, i.inlink_count FROM _inlinks i JOIN _visits v ON v.run_id = i.run_id AND v.url_id = i.url_id
			WHERE i.run_id = :run AND v.used_for = 'read'`},
	} {
		*p.pages = []Page{}
		sql := fmt.Sprintf("SELECT u.url, t.value FROM (SELECT url_id, value FROM (SELECT NULL AS url_id, NULL AS value WHERE 0 UNION ALL %s) ORDER BY 2 DESC, 1 LIMIT %d) t JOIN _urls u ON u.id = t.url_id ORDER BY 2 DESC, 1", p.sql, pages)
		if err := q.ask(sql, func(row store.Row) { *p.pages = append(*p.pages, Page{row.Text(0), row.Integer(1)}) }); err != nil {
			return err
		}
	}
	return nil
}

func (q questions) groups(r *Report) error {
	err := q.ask("SELECT count(DISTINCT group_id) FROM _near_duplicates WHERE run_id = :run", func(row store.Row) { r.NearGroups = row.Integer(0) })
	return cmp.Or(err, q.ask(orphans, func(row store.Row) { r.Orphans = row.Integer(0) }))
}

const orphans = `
SELECT count(*) FROM _visits v JOIN _facts f ON f.id = v.facts_id
LEFT JOIN _inlinks i ON i.run_id = v.run_id AND i.url_id = v.url_id
WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome = 'ok' AND v.found_by <> 'seed' AND f.index_reason = 'ok' AND i.inlink_count IS NULL`
