package analyze

import (
	"context"
	"fmt"
	"maps"

	"sonde"
	"sonde/store"
)

// Try asks one rule of a run and gives its answers to a sink, without writing any:
// severity, subject and evidence. The error is a *[RuleError] where the rule is wrong.
func Try(ctx context.Context, file *store.File, run int64, rule sonde.Rule, o Options, to store.Sink) error {
	a := newAnalysis(o)
	a.rules = []sonde.Rule{rule}
	a.setThresholds(o.Thresholds)
	return file.Derive(ctx, a.functions(), func(d *store.Derivation) error {
		a.Derivation = d
		if err := a.find(ctx, file, run); err != nil {
			return err
		}
		if err := a.script(prepareSQL); err != nil {
			return fmt.Errorf("gathering what the rules read: %w", err)
		}
		links, err := newLinkScan(file, run)
		if err != nil {
			return err
		}
		defer links.close()
		links.ask = d.Rows
		if err := links.read(); err != nil {
			return err
		}
		if err := a.noteLinks(links); err != nil {
			return err
		}
		q, err := a.compile(a.rules[0])
		if err != nil {
			return fault(rule, err)
		}
		if err := a.answer(q, 0); err != nil {
			return err
		}
		return a.give(rule.Subject, to)
	})
}

// give gives the answers to a sink.
func (a *analysis) give(kind sonde.SubjectKind, to store.Sink) error {
	if err := to.Columns([]string{"severity", "subject", "evidence"}); err != nil {
		return err
	}
	named := a.named()
	maps.Copy(named, store.Named{":kind": string(kind)})
	return a.Rows(`SELECT h.severity, CASE :kind WHEN 'page' THEN (SELECT url FROM _urls WHERE id = h.subject_id)
			WHEN 'host' THEN (SELECT name FROM _hosts WHERE id = h.subject_id) ELSE (SELECT name FROM _sites WHERE id = :site) END,
			coalesce((SELECT json FROM temp.evidence WHERE id = h.evidence_id), '{}')
		FROM temp.hit h ORDER BY h.severity, 2`, named, func(row store.Row) error {
		to.Text([]byte(sonde.Severities[row.Integer(0)-1]))
		to.Text([]byte(row.Text(1)))
		to.Text([]byte(row.Text(2)))
		return to.EndRow()
	})
}
