package analyze

import (
	"context"
	"fmt"
	"time"

	"sonde"
	"sonde/store"
)

// Group is what one rule has to say of the latest run of each site.
type Group struct {
	Rule     sonde.Rule
	Severity sonde.Severity // of the gravest of its issues that are open
	Open     int64          // new, ongoing or regressed, and not muted
	New      int64          // of these, new or regressed
	Fixed    int64
	Muted    int64
}

// Groups returns the rules that have an issue, those with open ones of the gravest kind
// first. site is the name of one site; "": all.
func Groups(ctx context.Context, file *store.File, site string) ([]Group, error) {
	var groups []Group
	err := file.Rows(ctx, `
		SELECT ru.name, ru.title, ru.severity, ru.subject, ru.why, ru.fix, ru.sql,
		  coalesce(min(CASE WHEN g.state <> 4 AND m.id IS NULL THEN g.severity END), 9) AS gravest,
		  sum(CASE WHEN g.state <> 4 AND m.id IS NULL THEN g.issues ELSE 0 END) AS open,
		  sum(CASE WHEN g.state IN (1, 3) AND m.id IS NULL THEN g.issues ELSE 0 END),
		  sum(CASE WHEN g.state = 4 THEN g.issues ELSE 0 END),
		  sum(CASE WHEN g.state <> 4 AND m.id IS NOT NULL THEN g.issues ELSE 0 END)
		FROM (
		  SELECT c.rule_id, c.severity, c.state, c.mute_id, c.issue_count AS issues
		  FROM _sites s CROSS JOIN _issue_counts c ON c.run_id = s.last_run_id
		  WHERE :site = '' OR s.name = :site
		) g
		JOIN _rules ru ON ru.id = g.rule_id
		LEFT JOIN _mutes m ON m.id = g.mute_id AND m.until_at > :now
		GROUP BY ru.id
		ORDER BY gravest, open DESC, ru.name`,
		store.Named{":site": site, ":now": stamp(time.Now())}, func(r store.Row) error {
			groups = append(groups, Group{
				Rule:     ruleOf(r),
				Severity: severityOf(r.Integer(7)),
				Open:     r.Integer(8), New: r.Integer(9), Fixed: r.Integer(10), Muted: r.Integer(11),
			})
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("counting the issues: %w", err)
	}
	return groups, nil
}

// ruleOf reads a rule from name, title, severity, subject, why, fix and sql.
func ruleOf(r store.Row) sonde.Rule {
	return sonde.Rule{
		Name: r.Text(0), Title: r.Text(1), Severity: sonde.Severity(r.Text(2)), Subject: sonde.SubjectKind(r.Text(3)),
		Why: r.Text(4), Fix: r.Text(5), SQL: r.Text(6),
	}
}

// severityOf is the severity of a rank, "" where it is none.
func severityOf(rank int64) sonde.Severity {
	if rank < 1 || int(rank) > len(sonde.Severities) {
		return ""
	}
	return sonde.Severities[rank-1]
}

// RuleOf returns a rule as the file has it. The error is [ErrNoSuchIssue] when it has
// none of this name.
func RuleOf(ctx context.Context, file *store.File, name string) (rule sonde.Rule, err error) {
	err = file.Rows(ctx, "SELECT name, title, severity, subject, why, fix, sql FROM rules WHERE name = :name",
		store.Named{":name": name}, func(r store.Row) error {
			rule = ruleOf(r)
			return nil
		})
	if err == nil && rule.Name == "" {
		err = fmt.Errorf("%w: %s", ErrNoSuchIssue, name)
	}
	return rule, err
}

// Moment is how many open issues a rule had in one run.
type Moment struct {
	Run  int64
	Site string
	At   time.Time // when the run began
	Open int64
}

// Trend tells how many issues a rule had in the last runs, the oldest first.
func Trend(ctx context.Context, file *store.File, rule string, most int) ([]Moment, error) {
	var moments []Moment
	err := file.Rows(ctx, `
		SELECT * FROM (
		  SELECT r.id, s.name, r.started_at, (
		    SELECT coalesce(sum(c.issue_count), 0) FROM _issue_counts c WHERE c.run_id = r.id AND c.state <> 4
		      AND c.rule_id = (SELECT id FROM _rules WHERE name = :rule))
		  FROM _runs r JOIN _sites s ON s.id = r.site_id
		  WHERE r.issue_count IS NOT NULL ORDER BY r.id DESC LIMIT :most
		) ORDER BY 1`,
		store.Named{":rule": rule, ":most": most}, func(r store.Row) error {
			at, err := time.Parse(time.RFC3339, r.Text(2))
			moments = append(moments, Moment{r.Integer(0), r.Text(1), at, r.Integer(3)})
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("counting the issues of %s: %w", rule, err)
	}
	return moments, nil
}

// PageIssue is an issue of a page.
type PageIssue struct {
	Rule, Title string
	Severity    sonde.Severity
	State       sonde.IssueState
	Evidence    string // JSON object
	Fingerprint string
}

// OfPage returns the issues of one page in a run, the gravest first.
func OfPage(ctx context.Context, file *store.File, run int64, url string) ([]PageIssue, error) {
	var issues []PageIssue
	err := file.Rows(ctx, `
		SELECT ru.name, ru.title, i.severity, i.state, coalesce(ev.json, '{}'),
		  m.id IS NOT NULL, r.site_id || '-' || i.rule_id || '-' || i.subject_id
		FROM _urls u
		CROSS JOIN _rules ru
		CROSS JOIN _issues i ON i.run_id = :run AND i.rule_id = ru.id AND i.subject_id = u.id
		CROSS JOIN _runs r ON r.id = i.run_id
		LEFT JOIN _evidence ev ON ev.id = i.evidence_id
		LEFT JOIN _mutes m ON m.id = i.mute_id AND m.until_at > :now
		WHERE u.url = :url AND ru.subject = 'page'
		ORDER BY i.state = 4, i.severity, ru.name`,
		store.Named{":run": run, ":url": url, ":now": stamp(time.Now())}, func(r store.Row) error {
			issues = append(issues, PageIssue{
				Rule: r.Text(0), Title: r.Text(1), Severity: severityOf(r.Integer(2)), State: stateOf(r.Integer(3), r.Integer(5) == 1),
				Evidence: r.Text(4), Fingerprint: r.Text(6),
			})
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading the issues of %s: %w", url, err)
	}
	return issues, nil
}

// stateOf is the state that _issues writes as a number.
func stateOf(number int64, muted bool) sonde.IssueState {
	states := map[int64]sonde.IssueState{1: sonde.NewIssue, 2: sonde.OngoingIssue, 3: sonde.RegressedIssue, 4: sonde.FixedIssue}
	if muted && number != 4 {
		return sonde.MutedIssue
	}
	return states[number]
}
