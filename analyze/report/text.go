package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"sonde"
)

// width is how many columns a report for people takes, where its words allow it.
const width = 80

// shownRules is how many rules are shown with examples to people on a screen.
const shownRules = 10

// Text writes the report for people, about a screen of it. What strangers wrote stands in
// it as it is: whoever shows it on a terminal makes it harmless first.
func (r Report) Text(w io.Writer) error {
	p := &lines{w: w, short: r.short}
	p.line("%s: health %d of 100%s", r.Name(), r.Score.Value, r.since())
	p.wrapped("  ", r.Score.Formula())
	if r.Reason != "" {
		p.wrapped("  ", string(r.Status)+": "+r.Reason)
	}
	p.line("\n  %-9s %9s %9s %9s %9s", "issues", "open", "new", "fixed", "muted")
	for _, s := range r.Severities {
		p.line("  %-9s %9s %9s %9s %9s", s.Severity, sonde.Thousands(s.Open), sonde.Thousands(s.New), sonde.Thousands(s.Fixed), sonde.Thousands(s.Muted))
	}
	p.rules(r.open())
	if len(r.Changes) > 0 {
		p.line("\nChanges since run %d", r.Before)
		p.wrapped("  ", listed(r.Changes, 12))
	}
	p.line("\nWhere its weight lies")
	p.line("  %-11s %s", "first byte", r.FirstByte.inWords(func(n int64) string { return sonde.Thousands(n) + " ms" }))
	p.line("  %-11s %s", "size", r.Size.inWords(sonde.InBytes))
	p.pages("slowest", r.Slowest, func(n int64) string { return sonde.Thousands(n) + " ms" })
	p.pages("largest", r.Largest, sonde.InBytes)
	p.pages("most linked", r.MostLinked, func(n int64) string { return sonde.Plural(n, "link") })
	p.line("  %-11s %s, %s of near-duplicates", "also", sonde.Plural(r.Orphans, "orphan"), sonde.Plural(r.NearGroups, "group"))
	if len(r.NotCrawled) > 0 {
		p.line("\nNot crawled")
		for _, c := range r.NotCrawled {
			p.line("  %9s  %s, such as %s", sonde.Thousands(c.Count), c.Name, cut(c.Example, width-18-len(c.Name)-10))
		}
	}
	return p.err
}

// since is the score of the run before.
func (r Report) since() string {
	if r.ScoreBefore == nil {
		return ""
	}
	return fmt.Sprintf(" (%d in run %d)", r.ScoreBefore.Value, r.Before)
}

// open are the rules that have open issues.
func (r Report) open() []Rule {
	return slices.DeleteFunc(slices.Clone(r.Rules), func(rule Rule) bool { return rule.Open == 0 })
}

// lines writes lines and keeps the first error.
type lines struct {
	w     io.Writer
	short func(string) string // leaves out of URLs what is the same in all
	err   error
}

func (p *lines) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// wrapped writes a text in lines that are not longer than width, where it has spaces.
func (p *lines) wrapped(indent, text string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(indent)+len(line)+1+len(word) > width {
			p.line("%s%s", indent, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		p.line("%s%s", indent, line)
	}
}

func (p *lines) rules(rules []Rule) {
	if len(rules) == 0 {
		p.line("\nNo open issues.")
		return
	}
	p.line("\n  %-9s %7s %6s", "gravest", "open", "since")
	for i, rule := range rules {
		if i == shownRules {
			p.line("  and %s more with issues; --format md, html or json has all", sonde.Plural(int64(len(rules)-i), "rule"))
			break
		}
		p.line("  %-9s %7s %6s  %s: %s", rule.Severity, sonde.Thousands(rule.Open), signed(rule.New-rule.Fixed), rule.Name, rule.Title)
		for _, e := range rule.Examples[:min(len(rule.Examples), 2)] {
			p.line("%12s%s", "", cut(p.short(strings.TrimSpace(e.Subject+"  "+e.InWords())), width-12))
		}
	}
}

func (p *lines) pages(label string, list []Page, value func(int64) string) {
	for i, page := range list[:min(len(list), 3)] {
		if i > 0 {
			label = ""
		}
		p.line("  %-11s %10s  %s", label, value(page.Value), cut(p.short(page.URL), width-26))
	}
}

// inWords writes the values of a spread.
func (s Spread) inWords(value func(int64) string) string {
	return fmt.Sprintf("median %s, 90 %% %s, 99 %% %s, most %s", value(s.P50), value(s.P90), value(s.P99), value(s.Max))
}

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	letters := []rune(text)
	if most = max(most, 20); len(letters) <= most {
		return text
	}
	return string(letters[:most-1]) + "…"
}
