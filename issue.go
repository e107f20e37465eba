package sonde

import "slices"

// Severity says how much an issue matters.
type Severity string

// The severities.
const (
	Critical Severity = "critical" // visitors or search engines do not get what is there
	High     Severity = "high"     // much is lost, or will be soon
	Medium   Severity = "medium"   // worth mending
	Low      Severity = "low"      // worth knowing when one is there anyway
	Info     Severity = "info"     // a fact, not a fault
)

// Severities lists every severity, the gravest first.
var Severities = []Severity{Critical, High, Medium, Low, Info}

// Rank is the place of a severity: 1 for [Critical] to 5 for [Info], 0 for what is
// none.
func (s Severity) Rank() int { return slices.Index(Severities, s) + 1 }

// AtLeast reports whether a severity is as grave as another, or graver.
func (s Severity) AtLeast(t Severity) bool { return s.Rank() > 0 && s.Rank() <= t.Rank() }

// IssueState says how an issue of a run stands against the runs before.
type IssueState string

// The states. What a run could not look at stays as it was and is never fixed.
const (
	NewIssue       IssueState = "new"       // no run before had it
	OngoingIssue   IssueState = "ongoing"   // the run before had it
	RegressedIssue IssueState = "regressed" // it was gone, and is here again
	FixedIssue     IssueState = "fixed"     // the run before had it, this one has not
	MutedIssue     IssueState = "muted"     // nobody wants to hear of it for a while
)

// Open reports whether something is to be done about an issue in this state.
func (s IssueState) Open() bool {
	return s == NewIssue || s == OngoingIssue || s == RegressedIssue
}

// SubjectKind says what a rule answers about.
type SubjectKind string

// The kinds of subject.
const (
	AboutPage SubjectKind = "page" // a URL of the run
	AboutHost SubjectKind = "host"
	AboutSite SubjectKind = "site"
)

// Rule is one analytical question: how to ask it, and what its answers mean.
type Rule struct {
	Name       string      `json:"rule"` // "title.missing"
	Title      string      `json:"title"`
	Severity   Severity    `json:"severity"` // of its issues, where a row names no other
	Subject    SubjectKind `json:"subject"`
	Why        string      `json:"why"` // it matters, in a sentence for the owner of a site
	Fix        string      `json:"fix"` // what to do
	Thresholds []Threshold `json:"thresholds"`

	// Compares is whether the answer about one subject depends on others, so that only
	// a run that saw all of the site can tell that an issue is fixed.
	Compares bool `json:"compares"`

	File string `json:"-"` // where it was read
	SQL  string `json:"-"` // the whole file
}

// Threshold is a number that a rule compares with, and that a policy may set.
type Threshold struct {
	Name  string  `json:"name"` // in the rule's SQL :name
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"` // "characters", "ms", …
}
