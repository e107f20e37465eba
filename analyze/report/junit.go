package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"sonde"
)

// The elements of a JUnit report, as the tools that read it agree on them.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Errors    int         `xml:"errors,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Skipped *junitSkipped `xml:"skipped,omitempty"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// JUnit writes every rule as a test: it fails where the rule has open issues, unless those
// are only for information, and is skipped where all of them are muted. rules are those
// that the run was asked.
func (r Report) JUnit(w io.Writer, rules []sonde.Rule) error {
	suite := junitSuite{Name: r.Name(), Timestamp: strings.TrimSuffix(r.StartedAt, "Z")}
	answered := map[string]Rule{}
	for _, rule := range r.Rules {
		answered[rule.Name] = rule
	}
	for _, rule := range rules {
		suite.add(rule, answered[rule.Name])
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(rule sonde.Rule, answer Rule) {
	group, _, _ := strings.Cut(rule.Name, ".")
	c := junitCase{Class: "sonde." + group, Name: rule.Name}
	switch {
	case answer.Open > 0 && answer.Severity != sonde.Info:
		c.Failure = &junitFailure{
			Message: fmt.Sprintf("%s: %s (%s)", rule.Title, sonde.Plural(answer.Open, "issue"), answer.Severity),
			Type:    string(answer.Severity), Text: answer.listed(),
		}
		s.Failures++
	case answer.Open > 0:
		c.Out = answer.listed()
	case answer.Muted > 0:
		c.Skipped = &junitSkipped{sonde.Plural(answer.Muted, "issue") + " muted"}
		s.Skipped++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

// listed names examples, and how many there are besides.
func (r Rule) listed() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Why, r.Fix)
	for _, e := range r.Examples {
		fmt.Fprintln(&b, strings.TrimSpace(e.Subject+" "+e.InWords()))
	}
	if rest := r.Open - int64(len(r.Examples)); rest > 0 {
		fmt.Fprintf(&b, "and %s more\n", sonde.Thousands(rest))
	}
	return b.String()
}
