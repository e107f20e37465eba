package analyze

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"sonde"
	"sonde/store"
)

// Options says how to analyse a run. The zero value asks the program's own rules.
type Options struct {
	Own        []sonde.Rule       // the rules of people, besides the program's or in their place
	Thresholds map[string]float64 // "title.too_long.characters": 70, in the place of what the rules say
	Now        time.Time          // what counts as now; the time of the call when zero
}

// Report is what an analysis came to.
type Report struct {
	Run    int64
	Rules  int                      // that were asked
	Open   map[sonde.Severity]int64 // issues that are new, ongoing or regressed, and not muted
	States map[sonde.IssueState]int64
	Faults []error // *RuleError each: rules that could not be asked; their issues stay as they were
}

// analysis is one run being analysed.
type analysis struct {
	*store.Derivation
	run       sonde.Run
	prior     sonde.Run // the last run of the site before it that was analysed; ID 0 when there is none
	previous  any       // the id of the finished run before, as SQL has it
	now       time.Time
	rules     []sonde.Rule
	numbers   map[string]int64 // of the rules in the file, by name
	questions []question
	evidence  *evidence
	said      int64 // the last number of the file's evidence before this is written
	near      []grouped
	report    Report
}

var (
	//go:embed prepare.sql
	prepareSQL string
	//go:embed compare.sql
	compareSQL string
	//go:embed settle.sql
	settleSQL string
)

// Run analyses a run of the file: it makes everything that is derived of it anew. The
// error is for what keeps it from doing so; rules that are wrong are in the report and
// keep no others from being asked.
func Run(ctx context.Context, file *store.File, run int64, o Options) (Report, error) {
	a := newAnalysis(o)
	a.setThresholds(o.Thresholds)
	err := file.Derive(ctx, a.functions(), func(d *store.Derivation) error {
		a.Derivation = d
		return a.do(ctx, file, run)
	})
	if err != nil {
		return Report{}, fmt.Errorf("analysing run %d: %w", run, err)
	}
	return a.report, nil
}

func newAnalysis(o Options) *analysis {
	a := &analysis{rules: With(o.Own), evidence: &evidence{seed: maphash.MakeSeed()}, now: o.Now}
	if a.now.IsZero() {
		a.now = time.Now()
	}
	return a
}

// do analyses the run, on two processors: beside the SQL that asks what was recorded, the
// indexes are made and the links are gone over in Go.
func (a *analysis) do(ctx context.Context, file *store.File, run int64) error {
	if err := a.find(ctx, file, run); err != nil {
		return err
	}
	if err := a.Commit(func() error { return cmp.Or(a.keepRobots(), a.enrol()) }); err != nil {
		return err
	}
	links, err := newLinkScan(file, run)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	indexed := beside(func() error { return file.Index(ctx) })
	scanned := beside(func() error { return links.scan(ctx, file) })
	defer func() { stop(); indexed(); scanned(); links.close() }()
	if err := a.gather(); err != nil {
		return err
	}
	if err := a.ask(ctx, ofRecorded); err != nil {
		return err
	}
	if err := cmp.Or(indexed(), scanned()); err != nil {
		return err
	}
	if err := a.derive(ctx, links); err != nil {
		return err
	}
	if err := a.settle(); err != nil {
		return fmt.Errorf("comparing with the run before: %w", err)
	}
	return a.count()
}

// gather makes the TEMP tables of what was recorded, and what can be told from them.
func (a *analysis) gather() error {
	if err := a.script(prepareSQL); err != nil {
		return fmt.Errorf("gathering what the rules read: %w", err)
	}
	if err := a.findChanges(); err != nil {
		return fmt.Errorf("finding what changed: %w", err)
	}
	if err := a.findNear(); err != nil {
		return fmt.Errorf("looking for texts that nearly agree: %w", err)
	}
	return a.compileRules()
}

// derive writes down what there is of the run besides what it recorded, and asks the rules
// that read it.
func (a *analysis) derive(ctx context.Context, links *linkScan) error {
	if err := a.noteLinks(links); err != nil {
		return err
	}
	err := a.Commit(func() error {
		return cmp.Or(a.keepMetrics(links.web.urls, links.metrics), a.keepNear(), a.keepChanges())
	})
	if err != nil {
		return err
	}
	return a.ask(ctx, ofDerived)
}

// beside starts something that goes on beside what follows. It returns what waits for its
// end and gives its error, as often as it is called.
func beside(do func() error) (wait func() error) {
	var err error
	var one sync.WaitGroup
	one.Go(func() { err = do() })
	return func() error {
		one.Wait()
		return err
	}
}

// find reads the run and the one that it stands against.
func (a *analysis) find(ctx context.Context, file *store.File, run int64) (err error) {
	if a.run, err = file.Run(ctx, run); err != nil {
		return err
	}
	var prior int64
	err = a.Rows(`SELECT (SELECT max(p.id) FROM _runs p WHERE p.site_id = r.site_id AND p.id < r.id AND p.issue_count IS NOT NULL),
		r.previous_run_id FROM _runs r WHERE r.id = :run`, store.Named{":run": run}, func(row store.Row) error {
		prior = row.Integer(0)
		if !row.IsNull(1) {
			a.previous = row.Integer(1)
		}
		return nil
	})
	if err == nil && prior != 0 {
		a.prior, err = file.Run(ctx, prior)
	}
	return err
}

// named are the values that every statement of the analysis may use.
func (a *analysis) named() store.Named {
	return store.Named{
		":run": a.run.ID, ":prior": a.prior.ID, ":previous": a.previous, ":site": a.run.Site.ID,
		":now": stamp(a.now), ":began": a.run.StartedAt.UnixMilli(),
		":whole": a.whole(), ":evidence": a.said,
	}
}

// whole reports whether what the run does not have is not there: it ended by itself,
// and by a policy that reaches as far as that of the run before.
func (a *analysis) whole() bool {
	return a.run.Status == sonde.Finished && a.run.Site.Policy.SameReach(a.prior.Site.Policy)
}

// script runs the statements of a file of ours.
func (a *analysis) script(sql string) error {
	for _, statement := range statements(sql) {
		if _, err := a.Exec(statement, a.named()); err != nil {
			return fmt.Errorf("%.60q: %w", statement, err)
		}
	}
	return nil
}

// settle writes the issues of the run: its hits, and what became of those before.
func (a *analysis) settle() error {
	if err := a.script(compareSQL); err != nil {
		return err
	}
	return a.Commit(func() error {
		for _, r := range a.rules {
			if err := a.saveRule(r); err != nil {
				return err
			}
		}
		err := a.Rows("SELECT coalesce(max(id), 0) FROM _evidence", nil, func(row store.Row) error {
			a.said = row.Integer(0)
			return nil
		})
		if err != nil {
			return err
		}
		if err := a.script(settleSQL); err != nil {
			return err
		}
		if err := applyMutes(a.Derivation, a.run.ID); err != nil {
			return err
		}
		return a.Statistics()
	})
}

// saveRule keeps the rule as it is now for who reads the file.
func (a *analysis) saveRule(r sonde.Rule) error {
	thresholds := map[string]float64{}
	for _, t := range r.Thresholds {
		thresholds[t.Name] = t.Value
	}
	text, err := json.Marshal(thresholds)
	if err != nil {
		return err
	}
	_, err = a.Exec(`UPDATE _rules SET title = :title, severity = :severity, subject = :subject, why = :why, fix = :fix,
		thresholds = :thresholds, sql = :sql WHERE name = :name`, store.Named{
		":name": r.Name, ":title": r.Title, ":severity": string(r.Severity), ":subject": string(r.Subject),
		":why": r.Why, ":fix": r.Fix, ":thresholds": string(text), ":sql": r.SQL,
	})
	return err
}

// count reads what the analysis came to.
func (a *analysis) count() error {
	a.report.Run, a.report.Rules = a.run.ID, len(a.rules)-len(a.report.Faults)
	a.report.Open, a.report.States = map[sonde.Severity]int64{}, map[sonde.IssueState]int64{}
	return a.Rows(`SELECT c.severity, c.state, m.id IS NOT NULL, sum(c.issue_count)
		FROM _issue_counts c LEFT JOIN _mutes m ON m.id = c.mute_id AND m.until_at > :now
		WHERE c.run_id = :run GROUP BY 1, 2, 3`,
		a.named(), func(row store.Row) error {
			state := stateOf(row.Integer(1), row.Integer(2) == 1)
			a.report.States[state] += row.Integer(3)
			if state.Open() {
				a.report.Open[severityOf(row.Integer(0))] += row.Integer(3)
			}
			return nil
		})
}
