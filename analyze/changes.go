package analyze

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"sonde"
	"sonde/store"
)

var (
	//go:embed changes.sql
	pageChanges string
	//go:embed robots_changes.sql
	robotsChanges string
	//go:embed network_changes.sql
	networkChanges string
)

// comparison is which two runs of a site are compared, and how much a difference means.
type comparison struct {
	site, before, run int64
	whole             bool // what the later run does not know is gone
	scanned           bool // both looked for open ports
}

func (c comparison) named() store.Named {
	return store.Named{":site": c.site, ":before": c.before, ":run": c.run, ":whole": c.whole, ":scanned": c.scanned}
}

// rows asks the file, or a derivation, for the rows of a SELECT.
type rows func(sql string, named store.Named, each func(store.Row) error) error

// compare reads what there is to know of two runs before they are compared.
func (rows rows) compare(before, run int64) (comparison, error) {
	c := comparison{before: before, run: run}
	err := rows(`SELECT r.site_id, r.status, r.policy, p.site_id, p.policy FROM _runs r, _runs p WHERE r.id = :run AND p.id = :before`,
		c.named(), func(r store.Row) error {
			if c.site = r.Integer(0); c.site != r.Integer(3) {
				return fmt.Errorf("runs %d and %d are of two sites; only runs of one site can be compared", before, run)
			}
			var now, then sonde.Policy
			if err := cmp.Or(json.Unmarshal([]byte(r.Text(2)), &now), json.Unmarshal([]byte(r.Text(4)), &then)); err != nil {
				return fmt.Errorf("reading the policies of runs %d and %d: %w", before, run, err)
			}
			c.whole = sonde.RunStatus(r.Text(1)) == sonde.Finished && now.SameReach(then)
			c.scanned = now.Probe == "ports" && then.Probe == "ports"
			return nil
		})
	if err == nil && c.site == 0 {
		err = fmt.Errorf("%w: run %d or %d", store.ErrNoRun, before, run)
	}
	return c, err
}

// findChanges finds what differs between the run and the finished run before it. A first
// run has none to be compared with.
func (a *analysis) findChanges() error {
	if err := a.Script(newChanges); err != nil {
		return err
	}
	if before, ok := a.previous.(int64); ok {
		c, err := rows(a.Rows).compare(before, a.run.ID)
		if err != nil {
			return err
		}
		for _, sql := range []string{
			"INSERT INTO temp.change (kind, url_id, what, old, new) SELECT 'page', * FROM (" + pageChanges + ")",
			"INSERT INTO temp.change (kind, host_id, subject, what, old, new) SELECT 'robots', * FROM (" + robotsChanges + ")",
			"INSERT INTO temp.change (kind, host_id, subject, what, old, new) SELECT 'host', * FROM (" + networkChanges + ")",
		} {
			if _, err := a.Exec(sql, c.named()); err != nil {
				return fmt.Errorf("comparing with run %d: %w", before, err)
			}
		}
	}
	return nil
}

// keepChanges writes down what was found to differ.
func (a *analysis) keepChanges() error {
	_, err := a.Exec("DELETE FROM _changes WHERE run_id = :run", a.named())
	if err == nil {
		_, err = a.Exec("INSERT INTO _changes (run_id, kind, url_id, host_id, subject, what, old, new) SELECT :run, * FROM temp.change", a.named())
	}
	return err
}

const newChanges = `
CREATE TABLE temp.change (kind TEXT NOT NULL, url_id INTEGER, host_id INTEGER, subject TEXT, what TEXT NOT NULL, old TEXT, new TEXT);`

// keepRobots keeps the texts of the robots.txt that the run found: the file remembers of
// each origin only the one that was fetched last.
func (a *analysis) keepRobots() error {
	_, err := a.Exec(`
		INSERT OR IGNORE INTO _robots_texts (sha256, text)
		SELECT o.robots_sha256, CAST(o.robots_body AS TEXT)
		FROM _run_origins r JOIN _origins o ON o.id = r.origin_id AND o.robots_sha256 = r.robots_sha256
		WHERE r.run_id = :run AND o.robots_body IS NOT NULL`, a.named())
	return err
}

// Compare tells what differs between two runs of a site, in the order of the subjects. It
// only reads, and takes any two runs; what a run found against the one before it stands in
// the view changes. The error is [store.ErrNoRun] where there is no such run.
func Compare(ctx context.Context, file *store.File, before, run int64, each func(sonde.Change) error) error {
	ask := rows(func(sql string, named store.Named, each func(store.Row) error) error {
		return file.Rows(ctx, sql, named, each)
	})
	c, err := ask.compare(before, run)
	if err != nil {
		return err
	}
	return ask(everyChange, c.named(), func(r store.Row) error {
		return each(sonde.Change{
			Subject: r.Text(0), What: sonde.What(r.Text(1)), Old: r.Text(2), New: r.Text(3), At: time.UnixMilli(r.Integer(4)).UTC(),
		})
	})
}

// everyChange selects all kinds of changes, with their subjects in words.
var everyChange = `
SELECT u.url AS subject, c.what, c.old, c.new, coalesce(v.fetched_epoch_ms, r.ended) AS at
FROM (SELECT unixepoch(coalesce(finished_at, started_at), 'subsec') * 1000 AS ended FROM _runs WHERE id = :run) r
CROSS JOIN (` + pageChanges + `) c CROSS JOIN _urls u ON u.id = c.url_id
LEFT JOIN _visits v ON v.run_id = :run AND v.url_id = c.url_id
UNION ALL
SELECT c.subject, c.what, c.old, c.new, r.ended
FROM (SELECT unixepoch(coalesce(finished_at, started_at), 'subsec') * 1000 AS ended FROM _runs WHERE id = :run) r
CROSS JOIN (SELECT * FROM (` + robotsChanges + `) UNION ALL SELECT * FROM (` + networkChanges + `)) c
ORDER BY subject, what`
