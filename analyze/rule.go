package analyze

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sonde"
	"sonde/store"
)

// RuleError is what is wrong with the file of a rule.
type RuleError struct {
	File string
	Line int // from 1; 0 where it is of the whole file
	What string
}

func (e *RuleError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.What)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What)
}

// ruleName is what a rule may be called, which is the name of its file without .sql.
var ruleName = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

// ParseRule reads a rule from the text of its file. The comments at its head are lines
// of "-- key: value"; one that begins with further blanks continues the line before:
//
//	-- title: The page has no title
//	-- severity: high
//	-- subject: page
//	-- why: Search engines show the title; without one they make something up.
//	-- fix: Give the page a title element that says what it is about.
//	-- threshold: characters 60
//	-- compares: yes
//
// Of these, threshold (a name, a number and perhaps a unit) may stand more than once
// or be missing, and compares may be missing. The error is a *[RuleError].
func ParseRule(file, text string) (sonde.Rule, error) {
	r := sonde.Rule{Name: strings.TrimSuffix(path.Base(file), ".sql"), File: file, SQL: text, Thresholds: []sonde.Threshold{}}
	if !ruleName.MatchString(r.Name) {
		return r, &RuleError{file, 0, fmt.Sprintf("a rule cannot be called %q: small letters, digits, _, - and dots between them are wanted", r.Name)}
	}
	seen := map[string]bool{}
	for _, h := range headerOf(text) {
		if seen[h.key] && h.key != "threshold" {
			return r, &RuleError{file, h.line, h.key + " stands here for the second time"}
		}
		seen[h.key] = true
		if err := take(&r, h.key, h.value); err != nil {
			return r, &RuleError{file, h.line, err.Error()}
		}
	}
	for _, key := range []string{"title", "severity", "subject", "why", "fix"} {
		if !seen[key] {
			return r, &RuleError{file, 0, fmt.Sprintf("its head has no line \"-- %s: …\"", key)}
		}
	}
	return r, nil
}

// header is one entry of the head of a rule's file.
type header struct {
	line       int
	key, value string
}

// headerOf reads the comments at the head of a file, up to the first line that is
// none.
func headerOf(text string) []header {
	var entries []header
	for i, line := range strings.Split(text, "\n") {
		comment, ok := strings.CutPrefix(line, "--")
		if !ok {
			break
		}
		key, value, keyed := strings.Cut(comment, ":")
		switch {
		case strings.HasPrefix(comment, "  ") && len(entries) > 0:
			entries[len(entries)-1].value += " " + strings.TrimSpace(comment)
		case keyed:
			entries = append(entries, header{i + 1, strings.TrimSpace(key), strings.TrimSpace(value)})
		}
	}
	return entries
}

var errCompares = errors.New("compares: yes is wanted, or no such line")

// take takes one entry of the head into the rule.
func take(r *sonde.Rule, key, value string) error {
	switch key {
	case "title":
		r.Title = value
	case "why":
		r.Why = value
	case "fix":
		r.Fix = value
	case "severity":
		if r.Severity = sonde.Severity(value); r.Severity.Rank() == 0 {
			return fmt.Errorf("severity: one of %s is wanted, not %q", listed(sonde.Severities), value)
		}
	case "subject":
		kinds := []sonde.SubjectKind{sonde.AboutPage, sonde.AboutHost, sonde.AboutSite}
		if r.Subject = sonde.SubjectKind(value); !slices.Contains(kinds, r.Subject) {
			return fmt.Errorf("subject: one of %s is wanted, not %q", listed(kinds), value)
		}
	case "compares":
		if r.Compares = value == "yes"; !r.Compares {
			return errCompares
		}
	case "threshold":
		t, err := parseThreshold(value)
		r.Thresholds = append(r.Thresholds, t)
		return err
	default:
		return fmt.Errorf("%q is none of title, severity, subject, why, fix, threshold, compares", key)
	}
	if value == "" {
		return fmt.Errorf("%s: says nothing", key)
	}
	return nil
}

func listed[T ~string](words []T) string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return strings.Join(plain, ", ")
}

var thresholdName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func parseThreshold(text string) (sonde.Threshold, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 || !thresholdName.MatchString(fields[0]) || slices.Contains(reserved, fields[0]) {
		return sonde.Threshold{}, fmt.Errorf("threshold: a name in small letters and a number are wanted, such as \"characters 60\", not %q", text)
	}
	value, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return sonde.Threshold{}, fmt.Errorf("threshold %s: %q is no number", fields[0], fields[1])
	}
	return sonde.Threshold{Name: fields[0], Value: value, Unit: strings.Join(fields[2:], " ")}, nil
}

// reserved are the parameters that every rule may use: the run, the one before (NULL
// for the first), the site, and the instant that counts as now.
var reserved = []string{"run", "previous", "site", "now"}

// fault puts what the store says of a rule's SQL into a *[RuleError]; other errors
// stay as they are.
func fault(r sonde.Rule, err error) error {
	var query *store.QueryError
	if !errors.As(err, &query) {
		return err
	}
	return &RuleError{r.File, query.Line, query.What}
}
