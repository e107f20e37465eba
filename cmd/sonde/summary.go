package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sonde"
	"sonde/analyze/report"
	"sonde/store"
)

// summary is what a run came to.
type summary struct {
	run     sonde.Run
	counts  []store.OutcomeCount
	path    string                   // of the file
	fetched int64                    // URLs asked for in the time it took
	took    time.Duration            // 0: unknown
	issues  map[sonde.Severity]int64 // that are open
	score   *report.Score            // nil where the run was not analysed
}

// summarise reads what the file knows of a run.
func summarise(ctx context.Context, file *store.File, run sonde.Run) (summary, error) {
	counts, err := file.OutcomeCounts(ctx, run.ID)
	s := summary{run: run, counts: counts, path: file.Path(), fetched: run.Counts.Pages}
	if !run.FinishedAt.IsZero() {
		s.took = run.FinishedAt.Sub(run.StartedAt)
	}
	return s, cmp.Or(err, s.judge(ctx, file))
}

// judge reads what the rules made of the run.
func (s *summary) judge(ctx context.Context, file *store.File) error {
	page, err := report.Brief(ctx, file, s.run.ID)
	if errors.Is(err, report.ErrNotAnalysed) {
		return nil
	}
	s.score, s.issues = &page.Score, map[sonde.Severity]int64{}
	for _, tally := range page.Severities {
		s.issues[tally.Severity] = tally.Open
	}
	return err
}

// A summary takes so many columns, and its texts begin in one of them.
const (
	summaryWidth = 80
	textColumn   = 23
)

// write writes the summary on about a dozen lines; bold sets the first one off.
func (s summary) write(w io.Writer, bold bool) {
	title := fmt.Sprintf("%s, run %d: %s", s.run.Site.Name, s.run.ID, s.run.Status)
	if s.took > 0 {
		title += " in " + sonde.InTime(s.took)
	}
	if title = printable(title); bold {
		title = "\x1b[1m" + title + "\x1b[0m"
	}
	fmt.Fprintf(w, "%s\n\n", title)
	for _, line := range s.lines() {
		if line.text != "" || line.number != "" {
			text := fmt.Sprintf("  %-10s %9s  %s", line.label, line.number, hang(line.text, textColumn))
			fmt.Fprintln(w, strings.TrimRight(text, " "))
		}
	}
}

// A line of a summary; one with neither number nor text is not shown.
type line struct {
	label, number, text string
}

func (s summary) lines() []line {
	answered := func(c store.OutcomeCount) bool {
		return c.Outcome == sonde.OK || c.Outcome == sonde.Redirect || c.Outcome == sonde.HTTPError
	}
	failed := func(c store.OutcomeCount) bool { return c.Outcome.Failed() && !answered(c) }
	byReason := func(c store.OutcomeCount) string { return string(c.Reason) }
	return []line{
		{"found", sonde.Thousands(s.run.Counts.Found), ""},
		s.line("answered", answered, func(c store.OutcomeCount) string { return string(c.Outcome) }),
		{"statuses", "", s.line("", answered, status).text},
		s.line("failed", failed, failure),
		s.line("robots", is(sonde.RobotsBlocked), byReason),
		s.line("excluded", is(sonde.Excluded), byReason),
		s.left(),
		s.found(),
		s.health(),
		{"received", "", sonde.InBytes(s.run.Counts.Bytes) + s.pace()},
		{"file", "", s.path + s.size()},
	}
}

func is(o sonde.Outcome) func(store.OutcomeCount) bool {
	return func(c store.OutcomeCount) bool { return c.Outcome == o }
}

func status(c store.OutcomeCount) string { return strconv.Itoa(c.Status) }

func failure(c store.OutcomeCount) string {
	if c.Failure == "" || string(c.Failure) == string(c.Outcome) {
		return string(c.Outcome)
	}
	return fmt.Sprintf("%s"+tie+"(%s)", c.Failure, c.Outcome)
}

// line counts those that which picks, and adds up by name.
func (s summary) line(label string, which func(store.OutcomeCount) bool, name func(store.OutcomeCount) string) line {
	var sum int64
	sums := map[string]int64{}
	for _, c := range s.counts {
		if which(c) {
			sum += c.Count
			sums[name(c)] += c.Count
		}
	}
	if sum == 0 {
		return line{}
	}
	return line{label, sonde.Thousands(sum), parts(sums)}
}

// maxParts is how many parts of a sum are named.
const maxParts = 8

// parts lists the parts of a sum, the largest first.
func parts(sums map[string]int64) string {
	var names []string
	for name := range sums {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), strings.Compare(a, b))
	})
	var texts []string
	for i, name := range names {
		if i == maxParts && len(names) > maxParts+1 {
			texts = append(texts, sonde.Plural(int64(len(names)-i), "other"+tie+"kind"))
			break
		}
		texts = append(texts, name+":"+tie+sonde.Thousands(sums[name]))
	}
	return strings.Join(texts, ", ")
}

// left says how much was not done, and why.
func (s summary) left() line {
	pending := s.run.Counts.Outcomes[sonde.Pending]
	if pending == 0 && s.run.Reason == "" {
		return line{}
	}
	return line{"not done", sonde.Thousands(pending), printable(s.run.Reason)}
}

// found says how many issues there are, the gravest first.
func (s summary) found() line {
	if s.score == nil {
		return line{}
	}
	total, texts := int64(0), []string{}
	for _, severity := range sonde.Severities {
		if n := s.issues[severity]; n > 0 {
			total += n
			texts = append(texts, string(severity)+":"+tie+sonde.Thousands(n))
		}
	}
	return line{"issues", sonde.Thousands(total), strings.Join(texts, ", ")}
}

// health is the score of the site.
func (s summary) health() line {
	if s.score == nil {
		return line{}
	}
	return line{"health", strconv.Itoa(s.score.Value), "of 100; sonde report says why"}
}

// pace says how fast the run was.
func (s summary) pace() string {
	if s.took < time.Second || s.fetched == 0 {
		return ""
	}
	return fmt.Sprintf(", %.1f URLs a second", float64(s.fetched)/s.took.Seconds())
}

// size says how large the file is.
func (s summary) size() string {
	info, err := os.Stat(s.path)
	if err != nil {
		return ""
	}
	return ", " + sonde.InBytes(info.Size())
}

// tie is a space at which hang does not break.
const tie = "\u00a0"

// hang breaks a text at its spaces so that it fits behind an indent of so many
// columns.
func hang(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Split(text, " ") {
		width := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+width > summaryWidth:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	return strings.ReplaceAll(b.String(), tie, " ")
}

// next names the commands to try after a run, the most useful first.
func (a *app) next(s summary) []string {
	db := a.dbFlag()
	var commands []string
	if s.run.Status.Resumable() && s.run.Counts.Outcomes[sonde.Pending] > 0 {
		commands = append(commands, fmt.Sprintf("sonde runs resume %d%s", s.run.ID, db))
	}
	if s.run.Counts.Failures > 0 {
		return append(commands, fmt.Sprintf("sonde query%s \"SELECT url, status, failure, found_on FROM pages WHERE status >= 400 OR failure IS NOT NULL\"", db))
	}
	return append(commands, fmt.Sprintf("sonde query%s \"SELECT status, count(*) FROM pages GROUP BY status\"", db))
}

// dbFlag is the flag that leads the next command to the same file.
func (a *app) dbFlag() string {
	if a.dbPath == "sonde.db" {
		return ""
	}
	return " --db " + quoted(a.dbPath)
}

// conclude writes the summary of a run, which is the result of the command and so
// belongs on standard output, where nothing else goes; and on standard error what to
// do next.
func (a *app) conclude(s summary) {
	if a.quiet {
		return
	}
	s.write(a.stdout, a.colours(a.stdout))
	for i, command := range a.next(s) {
		label := "Next:"
		if i > 0 {
			label = "Or:"
		}
		a.say("%s%-5s %s", firstBreak(i), label, command)
	}
}

func firstBreak(i int) string {
	if i == 0 {
		return "\n"
	}
	return ""
}
