package analyze

import (
	"context"
	"strings"

	"sonde"
	"sonde/store"
)

// Wanted says which issues are wanted. Zero values want all.
type Wanted struct {
	Run      int64 // 0: the latest of each site
	Site     string
	Rule     string
	URL      string
	Severity sonde.Severity // this and graver ones
	States   []sonde.IssueState
}

// List gives issues to a sink, the gravest first, with these columns of the view
// issues.
func List(ctx context.Context, file *store.File, w Wanted, columns []string, to store.Sink) error {
	view := "issues"
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if w.Run != 0 {
		view = "issues_history"
		add("run_id = ?", w.Run)
	}
	for column, value := range map[string]string{"site": w.Site, "rule": w.Rule, "url": w.URL} {
		if value != "" {
			add(column+" = ?", value)
		}
	}
	if w.Severity != "" {
		add("severity_rank <= ?", w.Severity.Rank())
	}
	if len(w.States) > 0 {
		var states []any
		for _, s := range w.States {
			states = append(states, string(s))
		}
		add("state IN (?"+strings.Repeat(", ?", len(states)-1)+")", states...)
	}
	sql := "SELECT " + strings.Join(columns, ", ") + " FROM " + view
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	_, err := file.Query(ctx, sql+" ORDER BY severity_rank, rule, site, url, host", args, store.Limits{}, to)
	return err
}
