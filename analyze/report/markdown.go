package report

import (
	"fmt"
	"io"
	"strings"

	"sonde"
)

// Markdown writes the report for a page of a wiki or a comment on a change (CommonMark
// with tables).
func (r Report) Markdown(w io.Writer) error {
	p := &lines{w: w}
	p.line("# %s: health %d of 100%s\n", plain(r.Name()), r.Score.Value, r.since())
	p.line("%s\n", plain(r.Score.Formula()))
	if r.Reason != "" {
		p.line("%s: %s\n", r.Status, plain(r.Reason))
	}
	p.line("| issues | open | new | fixed | muted |\n|---|--:|--:|--:|--:|")
	for _, s := range r.Severities {
		p.line("| %s | %d | %d | %d | %d |", s.Severity, s.Open, s.New, s.Fixed, s.Muted)
	}
	for _, rule := range r.open() {
		p.line("\n## %s: %s\n", plain(rule.Name), plain(rule.Title))
		p.line("%s, %s open, %d new, %d fixed. %s %s\n", rule.Severity, sonde.Thousands(rule.Open), rule.New, rule.Fixed, plain(rule.Why), plain(rule.Fix))
		for _, e := range rule.Examples {
			p.line("- %s", plain(strings.TrimSpace(e.Subject+" "+e.InWords())))
		}
	}
	p.counts("Changes", r.Changes)
	p.line("\n## Weight\n\n| | median | 90 %% | 99 %% | most |\n|---|--:|--:|--:|--:|")
	p.line("| first byte (ms) | %d | %d | %d | %d |", r.FirstByte.P50, r.FirstByte.P90, r.FirstByte.P99, r.FirstByte.Max)
	p.line("| size | %s | %s | %s | %s |", sonde.InBytes(r.Size.P50), sonde.InBytes(r.Size.P90), sonde.InBytes(r.Size.P99), sonde.InBytes(r.Size.Max))
	p.stand("Slowest (ms)", r.Slowest)
	p.stand("Largest (bytes)", r.Largest)
	p.stand("Most linked (links)", r.MostLinked)
	p.counts("Statuses", r.Statuses)
	p.counts("Types", r.Types)
	p.counts("Not crawled", r.NotCrawled)
	return p.err
}

// lines writes lines and keeps the first error.
type lines struct {
	w   io.Writer
	err error
}

func (p *lines) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *lines) counts(title string, counts []Count) {
	if len(counts) == 0 {
		return
	}
	p.line("\n## %s\n\n| | |\n|---|--:|", title)
	for _, c := range counts {
		p.line("| %s | %d |", strings.TrimSpace(plain(c.Name)+" "+plain(c.Example)), c.Count)
	}
}

func (p *lines) stand(title string, pages []Page) {
	if len(pages) == 0 {
		return
	}
	p.line("\n## %s\n", title)
	for _, page := range pages {
		p.line("- %d %s", page.Value, plain(page.URL))
	}
}

// plain writes a text so that Markdown shows it as it is: on one line, without markup,
// HTML or links of its own.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		case strings.ContainsRune("\\`*_[]<>#!|~&", r):
			fmt.Fprintf(&b, "\\%c", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
