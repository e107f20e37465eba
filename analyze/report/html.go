package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"sonde"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"isURL":     func(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") },
	"thousands": sonde.Thousands, "signed": signed, "bytes": sonde.InBytes, "mean": func(x float64) int64 { return int64(x + 0.5) },
}).Parse(page))

// HTML writes the report as one file that opens anywhere: it loads nothing and runs
// nothing.
func (r Report) HTML(w io.Writer) error {
	return pageTemplate.Execute(w, struct {
		Report
		Open  []Rule
		Since string
	}{r, r.open(), r.since()})
}
