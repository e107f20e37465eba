// Package report puts what is known of a run into one page: how healthy the site is, what
// is wrong with it, what changed, and where its weight lies.
//
// [Of] reads a [Report] from the file (read.go, numbers.go, score.go). What it reads is
// counts and examples, so that a report of a million pages is as long as one of ten. It is
// written for people ([Report.Text], [Report.Markdown], [Report.HTML]) and, as JSON, for
// programs. For the tools of a build server there are every single issue ([SARIF]) and
// every rule as a test ([Report.JUnit]).
package report

import (
	"sonde"
)

// Report is what there is to say of a run.
type Report struct {
	Site       string          `json:"site"`
	Run        int64           `json:"run_id"`
	Status     sonde.RunStatus `json:"status"`
	Reason     string          `json:"reason,omitempty"`      // why it ended, in words
	StartedAt  string          `json:"started_at"`            // UTC
	FinishedAt string          `json:"finished_at,omitempty"` // UTC; "" while it goes on
	Before     int64           `json:"previous_run_id,omitempty"`

	Score       Score  `json:"score"`
	ScoreBefore *Score `json:"previous_score,omitempty"` // of the run before, where that was analysed

	Severities []Severity `json:"severities"` // each, the gravest first
	Rules      []Rule     `json:"rules"`      // that have an issue, the gravest first
	Changes    []Count    `json:"changes"`    // by what changed, the most frequent first

	Outcomes   []Count `json:"outcomes"`
	Statuses   []Count `json:"statuses"`
	Types      []Count `json:"content_types"`
	NotCrawled []Count `json:"not_crawled"` // URLs that were not asked for, by the reason, with an example

	FirstByte Spread `json:"ttfb_ms"`    // of the pages
	Size      Spread `json:"body_bytes"` // of the pages

	Hosts []Part `json:"hosts"` // those with the most URLs
	Paths []Part `json:"paths"` // by the first segment of the path, those with the most URLs

	Slowest    []Page `json:"slowest"`
	Largest    []Page `json:"largest"`
	MostLinked []Page `json:"most_linked"`

	Orphans    int64 `json:"orphans"`         // pages that no page links to
	NearGroups int64 `json:"near_duplicates"` // groups of pages that say nearly the same
}

// Severity is how many issues there are of one severity.
type Severity struct {
	Severity sonde.Severity `json:"severity"`
	Tally
}

// Tally counts issues.
type Tally struct {
	Open  int64 `json:"open"`  // neither fixed nor muted
	New   int64 `json:"new"`   // of the open ones, those that the run before did not have
	Fixed int64 `json:"fixed"` // that the run before had
	Muted int64 `json:"muted"`
}

// Rule is a rule and how often it answered.
type Rule struct {
	Name     string         `json:"rule"`
	Title    string         `json:"title"`
	Severity sonde.Severity `json:"severity"` // of its gravest issue
	Why      string         `json:"why"`
	Fix      string         `json:"fix"`
	Tally
	Examples []Example `json:"examples"` // of open issues, new ones first
}

// Example is one issue of a rule.
type Example struct {
	Subject  string `json:"subject"`  // a URL, a host, or the site
	Evidence string `json:"evidence"` // JSON object
}

// Count is how often something was met.
type Count struct {
	Name    string `json:"name"`
	Count   int64  `json:"count"`
	Example string `json:"example,omitempty"`
}

// Part is a host, or a part of one, and what is in it.
type Part struct {
	Name   string  `json:"name"`
	URLs   int64   `json:"urls"`
	Failed int64   `json:"failed"`
	Bytes  int64   `json:"bytes"`   // received
	MeanMS float64 `json:"ttfb_ms"` // mean
}

// Page is a page that stands out, and the number by which it does.
type Page struct {
	URL   string `json:"url"`
	Value int64  `json:"value"`
}

// Name is how a report is called: its site and run.
func (r Report) Name() string { return r.Site + ", run " + digits(r.Run) }
