package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"

	"sonde"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"isURL": func(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") },
	"short": Report.short, "day": day,
	"thousands": sonde.Thousands, "signed": signed, "bytes": sonde.InBytes, "mean": func(x float64) int64 { return int64(x + 0.5) },
}).Parse(page))

// mark is a word for a score.
func mark(score int) string {
	switch {
	case score >= 90:
		return "good"
	case score >= 70:
		return "fair"
	case score >= 40:
		return "poor"
	}
	return "bad"
}

// day puts an instant into words for people: 25 November 2026, 21:57 UTC.
func day(instant string) string {
	at, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return instant
	}
	return at.Format("2 January 2006, 15:04 UTC")
}

// HTML writes the report as one file that opens anywhere: it loads nothing and runs
// nothing.
func (r Report) HTML(w io.Writer) error {
	return pageTemplate.Execute(w, struct {
		Report
		Open []Rule
		Mark string
	}{r, r.open(), mark(r.Score.Value)})
}
