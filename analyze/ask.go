package analyze

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sonde"
	"sonde/store"
)

// ask asks every rule and keeps its answers in the TEMP table hit.
func (a *analysis) ask(ctx context.Context) error {
	for _, r := range a.rules {
		err := a.askRule(r)
		var wrong *RuleError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &wrong):
			a.report.Faults = append(a.report.Faults, wrong)
		case err != nil:
			return fmt.Errorf("rule %s: %w", r.Name, err)
		}
	}
	return nil
}

// askRule asks one rule. Only when all its answers are there does it count as asked.
func (a *analysis) askRule(r sonde.Rule) error {
	id, err := a.number(r)
	if err != nil {
		return err
	}
	if err := a.answer(r, id); err != nil {
		return err
	}
	_, err = a.Exec("UPDATE temp.asked SET done = 1, compares = :compares WHERE rule_id = :id",
		store.Named{":id": id, ":compares": r.Compares})
	return err
}

// answer keeps the answers of a rule under its number.
func (a *analysis) answer(r sonde.Rule, id int64) error {
	named := a.values(r, id)
	insert, err := a.compile(r)
	if err == nil {
		_, err = a.Exec(insert, named)
	}
	if err == nil {
		_, err = a.Exec(plainEvidence, named)
	}
	return fault(r, err)
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

// plainEvidence makes JSON of evidence that is none, such as a bare title.
const plainEvidence = `
UPDATE temp.hit SET evidence = json_object('value', evidence)
WHERE rule_id = :rule_id AND evidence IS NOT NULL AND NOT json_valid(evidence)`

// number is the number of a rule in the file, which it keeps for good.
func (a *analysis) number(r sonde.Rule) (id int64, err error) {
	named := store.Named{":name": r.Name, ":severity": string(r.Severity), ":subject": string(r.Subject)}
	find := func() error {
		return a.Rows("SELECT id FROM main._rules WHERE name = :name", named, func(row store.Row) error {
			id = row.Integer(0)
			return nil
		})
	}
	if err := find(); err != nil {
		return 0, err
	}
	if id == 0 {
		err := a.Commit(func() error {
			_, err := a.Exec(`INSERT INTO main._rules (name, title, severity, subject, why, fix, thresholds, sql)
				VALUES (:name, '', :severity, :subject, '', '', '{}', '')`, named)
			return err
		})
		if err := cmp.Or(err, find()); err != nil {
			return 0, err
		}
	}
	_, err = a.Exec("INSERT INTO temp.asked (rule_id, done, compares) VALUES (:id, 0, 0)", store.Named{":id": id})
	return id, err
}

// The columns that a rule may give.
var answerColumns = []string{"subject", "evidence", "severity"}

// compile makes of a rule's SELECT the statement that keeps its answers. Of several
// about one subject the first stays.
func (a *analysis) compile(r sonde.Rule) (string, error) {
	columns, err := a.Columns(r.SQL)
	if err != nil {
		return "", err
	}
	for _, c := range columns {
		if !slices.Contains(answerColumns, c) {
			return "", &store.QueryError{What: fmt.Sprintf("it gives a column %q; a rule gives %s", c, strings.Join(answerColumns, ", "))}
		}
	}
	if !slices.Contains(columns, "subject") && r.Subject != sonde.AboutSite {
		return "", &store.QueryError{What: "it gives no column subject: that of a " + string(r.Subject) + " is wanted"}
	}
	evidence, severity := "NULL", ":severity"
	if slices.Contains(columns, "evidence") {
		evidence = "answer.evidence"
	}
	if slices.Contains(columns, "severity") {
		severity = "coalesce(CASE answer.severity WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'low' THEN 4 WHEN 'info' THEN 5 END, :severity)"
	}
	subject := subjectSQL[r.Subject]
	return fmt.Sprintf("INSERT OR IGNORE INTO temp.hit (rule_id, subject_id, severity, evidence)\nSELECT :rule_id, %s, %s, %s FROM (\n%s\n) AS answer WHERE %s IS NOT NULL",
		subject, severity, evidence, strings.TrimRight(r.SQL, "; \t\r\n"), subject), nil
}

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
