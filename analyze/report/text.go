package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"sonde"
)

// The screen that a report for people fits on, whatever there is to tell.
const (
	width  = 100
	height = 40
)

// How much of the screen its parts may take.
const (
	fewestRules = 5 // rules shown with an example, where there are so many; they take what the rest leaves
	mostNamed   = 2 // lines that name the rules without one
	mostCauses  = 4 // causes of not being crawled
	standOut    = 3 // pages that stand out by one thing
	longestRule = 24
)

// Text writes the report for people, on one screen. What strangers wrote stands in it as it
// is: whoever shows it on a terminal makes it harmless first.
func (r Report) Text(w io.Writer) error {
	above := slices.Concat(r.head(), r.severities())
	below := slices.Concat(r.changed(), r.weight(), r.notCrawled())
	for _, line := range slices.Concat(above, r.gravest(height-len(above)-len(below)), below) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// head names the run, and says how healthy its site is and how that comes about.
func (r Report) head() []string {
	day, clock, _ := strings.Cut(r.StartedAt, "T")
	began := ""
	if len(clock) > 5 {
		began = fmt.Sprintf(" of %s %s UTC", day, clock[:5])
	}
	head := []string{fmt.Sprintf("%s%s: health %d of 100%s", r.Name(), began, r.Score.Value, r.since())}
	head = append(head, wrapped("  ", r.Score.Formula(), 3)...)
	if r.Reason != "" {
		head = append(head, wrapped("  ", string(r.Status)+": "+r.Reason, 2)...)
	}
	return head
}

// since is the score of the run before.
func (r Report) since() string {
	if r.ScoreBefore == nil {
		return ""
	}
	return fmt.Sprintf(" (%d in run %d)", r.ScoreBefore.Value, r.Before)
}

// severities counts the issues: a column for each severity, a row for each state that
// there can be.
func (r Report) severities() []string {
	row := func(name string, cell func(Severity) string) string {
		line := fmt.Sprintf("  %-11s", name)
		for _, s := range r.Severities {
			line += fmt.Sprintf("%12s", cell(s))
		}
		return line
	}
	number := func(of func(Tally) int64) func(Severity) string {
		return func(s Severity) string { return sonde.Thousands(of(s.Tally)) }
	}
	table := []string{"", row("issues", func(s Severity) string { return string(s.Severity) }),
		row("open", number(func(t Tally) int64 { return t.Open }))}
	if r.Before != 0 {
		table = append(table, row("new", number(func(t Tally) int64 { return t.New })),
			row("fixed", number(func(t Tally) int64 { return t.Fixed })))
	}
	if slices.ContainsFunc(r.Severities, func(s Severity) bool { return s.Muted > 0 }) {
		table = append(table, row("muted", number(func(t Tally) int64 { return t.Muted })))
	}
	return table
}

// open are the rules that have open issues.
func (r Report) open() []Rule {
	return slices.DeleteFunc(slices.Clone(r.Rules), func(rule Rule) bool { return rule.Open == 0 })
}

// gravest shows as many rules with an example as so many lines hold, and names the others.
func (r Report) gravest(room int) []string {
	rules := r.open()
	if len(rules) == 0 {
		return []string{"", "No open issues."}
	}
	shown := len(rules)
	if most := max(fewestRules, room-2); shown > most {
		shown = max(fewestRules, most-mostNamed)
	}
	widest := 0
	for _, rule := range rules[:shown] {
		widest = min(max(widest, len([]rune(rule.Name))), longestRule)
	}
	since := func(string) string { return "" }
	if r.Before != 0 {
		since = func(text string) string { return fmt.Sprintf("%8s", text) }
	}
	table := []string{"", fmt.Sprintf("  %-9s%9s%s  %-*s  such as", "gravest", "open", since("since"), widest, "rule")}
	for _, rule := range rules[:shown] {
		line := fmt.Sprintf("  %-9s%9s%s  %-*s", rule.Severity, sonde.Thousands(rule.Open), since(signed(rule.New-rule.Fixed)), widest, cut(rule.Name, longestRule))
		for _, e := range rule.Examples[:min(len(rule.Examples), 1)] {
			line += "  " + r.short(strings.TrimSpace(e.Subject+"  "+e.InWords()))
		}
		table = append(table, cut(line, width))
	}
	return append(table, named(rules[shown:])...)
}

// named names rules and how many issues they have, by severity.
func named(rules []Rule) []string {
	if len(rules) == 0 {
		return nil
	}
	text, last := "also", sonde.Severity("")
	for i, rule := range rules {
		switch {
		case rule.Severity != last && i > 0:
			text += "; " + string(rule.Severity) + ":"
		case rule.Severity != last:
			text += " " + string(rule.Severity) + ":"
		default:
			text += ","
		}
		text, last = text+" "+rule.Name+" "+sonde.Thousands(rule.Open), rule.Severity
	}
	return wrapped("  ", text, mostNamed)
}

// changed tells what is not as it was in the run before.
func (r Report) changed() []string {
	if len(r.Changes) == 0 {
		return nil
	}
	return append([]string{"", fmt.Sprintf("Changes since run %d", r.Before)}, wrapped("  ", listed(r.Changes, 20), 2)...)
}

// weight tells how slow and large the pages are, and which stand out.
func (r Report) weight() []string {
	ms := func(n int64) string { return sonde.Thousands(n) + " ms" }
	links := func(n int64) string { return sonde.Plural(n, "link") }
	lines := []string{"", "Where its weight lies",
		entry("first byte", r.FirstByte.inWords(ms)), entry("size", r.Size.inWords(sonde.InBytes))}
	for _, list := range []struct {
		label string
		pages []Page
		value func(int64) string
	}{{"slowest", r.Slowest, ms}, {"largest", r.Largest, sonde.InBytes}, {"most linked", r.MostLinked, links}} {
		if len(list.pages) > 0 {
			lines = append(lines, entry(list.label, r.outstanding(list.pages, list.value)))
		}
	}
	return append(lines, entry("also", fmt.Sprintf("%s, %s of near-duplicates", sonde.Plural(r.Orphans, "orphan"), sonde.Plural(r.NearGroups, "group"))))
}

// entry is a line with a label before it.
func entry(label, text string) string { return cut(fmt.Sprintf("  %-11s  %s", label, text), width) }

// outstanding puts pages into one line. Where it gets too long the ends of the URLs are
// shown, which tell pages apart.
func (r Report) outstanding(pages []Page, value func(int64) string) string {
	pages = pages[:min(len(pages), standOut)]
	room := width - len("  most linked  ")
	in := func(share int) string {
		var texts []string
		for _, page := range pages {
			label := value(page.Value) + " "
			texts = append(texts, label+tail(r.short(page.URL), share-len(label)))
		}
		return strings.Join(texts, ", ")
	}
	if whole := in(room); len([]rune(whole)) <= room {
		return whole
	}
	return in(room/len(pages) - len(", "))
}

// notCrawled tells what was not asked for, and why.
func (r Report) notCrawled() []string {
	if len(r.NotCrawled) == 0 {
		return nil
	}
	lines := []string{"", "Not crawled"}
	for _, c := range r.NotCrawled[:min(len(r.NotCrawled), mostCauses)] {
		lines = append(lines, cut(fmt.Sprintf("  %11s  %-28s such as %s", sonde.Thousands(c.Count), c.Name, r.short(c.Example)), width))
	}
	if rest := r.NotCrawled[len(lines)-2:]; len(rest) > 0 {
		lines = append(lines, wrapped("  ", listed(rest, 20), 1)...)
	}
	return lines
}

// inWords writes the values of a spread.
func (s Spread) inWords(value func(int64) string) string {
	return fmt.Sprintf("median %s, 90 %% %s, 99 %% %s, most %s", value(s.P50), value(s.P90), value(s.P99), value(s.Max))
}

// wrapped breaks a text where it has spaces into lines that the screen is wide enough for,
// at most so many.
func wrapped(indent, text string, most int) []string {
	var lines []string
	line := indent
	for _, word := range strings.Fields(text) {
		if line != indent && len([]rune(line))+1+len([]rune(word)) > width {
			if lines = append(lines, line); len(lines) == most {
				lines[most-1] = cut(line+" …", width)
				return lines
			}
			line = indent
		}
		if line != indent {
			line += " "
		}
		line = cut(line+word, width)
	}
	return append(lines, line)
}

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return string(letters[:most-1]) + "…"
}

// tail shortens a text to so many characters at its end.
func tail(text string, most int) string {
	letters := []rune(text)
	if most = max(most, 2); len(letters) <= most {
		return text
	}
	return "…" + string(letters[len(letters)-most+1:])
}
