package analyze

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sonde"
	"sonde/store"
)

// derived are the tables that are not there from the beginning of an analysis: what is noted
// of the links and what derive writes down. The links themselves have no index before that
// leads to them.
var derived = []string{
	"block", "nofollow_target", "page_links", "poor_link", "broken_fragment", "_links", "_link_lists",
	"_page_metrics", "_near_duplicates", "_changes",
}

// stage is when a rule is asked.
type stage bool

const (
	ofRecorded stage = false // it reads only what the crawl recorded
	ofDerived  stage = true
)

// question is a rule that can be asked.
type question struct {
	sonde.Rule
	insert string // the statement that keeps its answers
	stage  stage
}

// compileRules makes questions of the rules.
func (a *analysis) compileRules() error {
	asked, err := a.Insert("INSERT INTO temp.asked (rule_id, done, compares) VALUES (?, 0, ?)")
	if err != nil {
		return err
	}
	for _, r := range a.rules {
		if err := asked.Add(a.numbers[r.Name], r.Compares); err != nil {
			return err
		}
		q, err := a.compile(r)
		if err = a.note(fault(r, err)); err != nil {
			return err
		}
		if q.insert != "" {
			a.questions = append(a.questions, q)
		}
	}
	return nil
}

// ask asks the rules of a stage and keeps their answers in the TEMP table hit. Only when all
// answers of a rule are there does it count as asked.
func (a *analysis) ask(ctx context.Context, s stage) error {
	for _, q := range a.questions {
		if q.stage != s {
			continue
		}
		id := a.numbers[q.Name]
		err := a.answer(q, id)
		if err == nil {
			_, err = a.Exec("UPDATE temp.asked SET done = 1 WHERE rule_id = :id", store.Named{":id": id})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := a.note(err); err != nil {
			return fmt.Errorf("rule %s: %w", q.Name, err)
		}
	}
	return nil
}

// note keeps what is wrong with a rule for the report, and gives other errors back.
func (a *analysis) note(err error) error {
	var wrong *RuleError
	if errors.As(err, &wrong) {
		a.report.Faults = append(a.report.Faults, wrong)
		return nil
	}
	return err
}

// answer keeps the answers of a rule under its number.
func (a *analysis) answer(q question, id int64) error {
	if err := a.beginEvidence(id); err != nil {
		return fmt.Errorf("reading what it said before: %w", err)
	}
	_, err := a.Exec(q.insert, a.values(q.Rule, id))
	return fault(q.Rule, err)
}

// values are what the statement of a rule may use.
func (a *analysis) values(r sonde.Rule, id int64) store.Named {
	named := a.named()
	maps.Copy(named, store.Named{":rule_id": id, ":severity": r.Severity.Rank()})
	for _, t := range r.Thresholds {
		named[":"+t.Name] = t.Value
	}
	return named
}

// enrol gives every rule a number in the file, which it keeps for good.
func (a *analysis) enrol() error {
	a.numbers = map[string]int64{}
	if err := a.readNumbers(); err != nil {
		return err
	}
	for _, r := range a.rules {
		if _, has := a.numbers[r.Name]; has {
			continue
		}
		_, err := a.Exec(`INSERT INTO main._rules (name, title, severity, subject, why, fix, thresholds, sql)
			VALUES (:name, '', :severity, :subject, '', '', '{}', '')`,
			store.Named{":name": r.Name, ":severity": string(r.Severity), ":subject": string(r.Subject)})
		if err != nil {
			return err
		}
	}
	return a.readNumbers()
}

func (a *analysis) readNumbers() error {
	return a.Rows("SELECT name, id FROM main._rules", nil, func(row store.Row) error {
		a.numbers[row.Text(0)] = row.Integer(1)
		return nil
	})
}

// The columns that a rule may give.
var answerColumns = []string{"subject", "evidence", "severity"}

// compile makes of a rule's SELECT the statement that keeps its answers. Of several
// about one subject the first stays.
func (a *analysis) compile(r sonde.Rule) (question, error) {
	q := question{Rule: r}
	columns, reads, err := a.Describe(r.SQL)
	if err != nil {
		return q, err
	}
	q.stage = stage(slices.ContainsFunc(derived, func(table string) bool { return reads[table] }))
	for _, c := range columns {
		if !slices.Contains(answerColumns, c) {
			return q, &store.QueryError{What: fmt.Sprintf("it gives a column %q; a rule gives %s", c, strings.Join(answerColumns, ", "))}
		}
	}
	if !slices.Contains(columns, "subject") && r.Subject != sonde.AboutSite {
		return q, &store.QueryError{What: "it gives no column subject: that of a " + string(r.Subject) + " is wanted"}
	}
	evidence, severity := "NULL", ":severity"
	switch {
	case !slices.Contains(columns, "evidence"):
	case ours(r):
		evidence = "evidence_number(answer.evidence)"
	default:
		evidence = "evidence_number(" + inJSON + ")"
	}
	if slices.Contains(columns, "severity") {
		severity = "coalesce(CASE answer.severity WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'low' THEN 4 WHEN 'info' THEN 5 END, :severity)"
	}
	subject := subjectSQL[r.Subject]
	q.insert = fmt.Sprintf("INSERT OR IGNORE INTO temp.hit (rule_id, subject_id, severity, evidence_id)\nSELECT :rule_id, %s, %s, %s FROM (\n%s\n) AS answer WHERE %s IS NOT NULL",
		subject, severity, evidence, strings.TrimRight(r.SQL, "; \t\r\n"), subject)
	return q, nil
}

// inJSON makes JSON of evidence that is none, such as a bare title. The rules of the program
// give none such.
const inJSON = `CASE WHEN answer.evidence IS NULL THEN NULL WHEN json_valid(answer.evidence) THEN CAST(answer.evidence AS TEXT)
  ELSE json_object('value', answer.evidence) END`

// subjectSQL turns what a rule gives as subject into a number: it may be that already,
// or a URL or the name of a host.
var subjectSQL = map[sonde.SubjectKind]string{
	sonde.AboutPage: "CASE typeof(answer.subject) WHEN 'text' THEN (SELECT id FROM main._urls WHERE url = CAST(answer.subject AS TEXT)) ELSE answer.subject END",
	sonde.AboutHost: "CASE typeof(answer.subject) WHEN 'text' THEN (SELECT id FROM main._hosts WHERE name = CAST(answer.subject AS TEXT)) ELSE answer.subject END",
	sonde.AboutSite: ":site",
}

// setThresholds puts what a policy says in the place of what the rules say.
func (a *analysis) setThresholds(values map[string]float64) {
	for i := range a.rules {
		r := &a.rules[i]
		r.Thresholds = slices.Clone(r.Thresholds)
		for j, t := range r.Thresholds {
			if value, ok := values[r.Name+"."+t.Name]; ok {
				r.Thresholds[j].Value = value
			}
		}
	}
}
