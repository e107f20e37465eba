package robots

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sonde"
)

const (
	// maxLine is how many octets of a line count, eight for each character of the
	// longest URL; it is where Google's parser stops too.
	maxLine = 8*sonde.MaxURLLength - 1

	// maxQuote is how much of a line a problem quotes, in bytes.
	maxQuote = 80
)

// Parse reads a robots.txt. It never fails: what is not a rule is left out, and
// [File.Problems] says so. It reads the first 512 KiB.
func Parse(body []byte) *File { return parse(body, false) }

// parse reads a file; cut says that body is only the beginning of it.
func parse(body []byte, cut bool) *File {
	if len(body) > maxBytes {
		body, cut = body[:maxBytes], true
	}
	if cut {
		body = cutAtLine(body)
	}
	p := parser{file: &File{}}
	p.read(decode(body))
	if cut {
		p.problem("the file goes on after this line, beyond what is read of a robots.txt (%d KiB)", maxBytes>>10)
	}
	return p.file
}

// parser is the state between two lines.
type parser struct {
	file   *File
	group  *group // where rules go; nil before the first User-agent line
	ruled  bool   // the group has a rule, so that the next User-agent line begins another
	number int    // of the line
	octets bool   // octets that are not UTF-8 were reported
}

func (p *parser) read(text string) {
	p.reportHTML(text)
	for text != "" {
		var line string
		line, text = nextLine(text)
		p.number++
		p.line(line)
	}
}

// reportHTML says so when the file is a page, as hosts send that answer
// everything with their front page.
func (p *parser) reportHTML(text string) {
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "<") {
		p.number = 1
		p.problem("the file is HTML or XML, not a robots.txt")
		p.number = 0
	}
}

func (p *parser) line(line string) {
	if len(line) > maxLine {
		line = line[:maxLine]
		p.problem("the line is longer than %d octets; the rest was not read", maxLine)
	}
	line, _, _ = strings.Cut(line, "#")
	line = strings.TrimSpace(line)
	if line == "" {
		return
	}
	p.checkOctets(line)
	if s, name, value := p.split(line); s.is != unknown {
		if s.proper != "" {
			p.problem("%q was read as %s", quote(name), s.proper)
		}
		p.apply(s.is, value, line)
	}
}

// checkOctets reports the first line that is not UTF-8.
func (p *parser) checkOctets(line string) {
	if !p.octets && !utf8.ValidString(line) {
		p.octets = true
		p.problem("the line is not UTF-8; its octets are compared as they are")
	}
}

// split takes a line apart at its colon. Where there is none, or none behind a
// known name, two words are read as if there were one.
func (p *parser) split(line string) (s spelling, name, value string) {
	name, value, colon := strings.Cut(line, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if colon {
		if s = spell(name); s.is != unknown {
			return s, name, value
		}
	}
	words := strings.Fields(line)
	if bare := spell(words[0]); len(words) == 2 && bare.is != unknown {
		p.problem("there is no colon in %q; it was read as if there were one", quote(line))
		return bare, words[0], words[1]
	}
	if s.proper != "" {
		p.problem("%q is unknown and was left out; is it a misspelt %s?", quote(name), s.proper)
	}
	return s, name, value
}

func (p *parser) apply(d directive, value, line string) {
	switch d {
	case userAgent:
		p.agent(value)
	case allow, disallow:
		p.rule(d == allow, value, line)
	case crawlDelay:
		p.delay(value)
	case sitemap:
		p.sitemap(value)
	}
}

// agent opens a group or joins the one that has no rule yet. A group whose agent
// has no usable name is nobody's, and its rules stay with it.
func (p *parser) agent(value string) {
	if p.group == nil || p.ruled {
		p.file.groups = append(p.file.groups, group{})
		p.group = &p.file.groups[len(p.file.groups)-1]
		p.ruled = false
	}
	token := agentToken(value)
	switch {
	case token == "":
		p.problem("the user agent %q begins with no product token (letters, - and _); the line names nobody", quote(value))
		return
	case token != "*" && len(token) < len(value):
		p.problem("of the user agent %q only the product token %q counts", quote(value), quote(token))
	}
	p.group.agents = append(p.group.agents, token)
}

// agentToken gives the product token of a User-agent line, "*" for everyone.
func agentToken(value string) string {
	if value == "*" || strings.HasPrefix(value, "* ") || strings.HasPrefix(value, "*\t") {
		return "*"
	}
	return ProductToken(value)
}

// rule adds a rule to the group. One without a path says nothing, but ends the
// list of agents like any other.
func (p *parser) rule(allow bool, value, text string) {
	if p.group == nil {
		p.problem("%q stands before the first User-agent line and holds for nobody", quote(text))
		return
	}
	p.ruled = true
	if value == "" {
		return
	}
	if value[0] != '/' && value[0] != '*' {
		p.problem("the path in %q begins with neither / nor *, so it matches nothing", quote(text))
		return
	}
	p.group.rules = append(p.group.rules, line{number: p.number, allow: allow, value: value, text: text})
}

func (p *parser) delay(value string) {
	wait, ok := parseDelay(value)
	switch {
	case !ok:
		p.problem("the Crawl-delay %q is not a number of seconds and was left out", quote(value))
	case p.group == nil:
		p.problem("the Crawl-delay stands before the first User-agent line and holds for nobody")
	default:
		p.group.delays = append(p.group.delays, delay{agents: len(p.group.agents), wait: wait})
	}
}

// parseDelay reads seconds, whole or with a decimal point, up to a day.
func parseDelay(value string) (time.Duration, bool) {
	if value == "" || strings.Trim(value, "0123456789.") != "" {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if seconds >= maxDelay.Seconds() { // a number out of range is an error and +Inf
		return maxDelay, true
	}
	return time.Duration(seconds * float64(time.Second)), err == nil
}

func (p *parser) sitemap(value string) {
	switch {
	case value == "":
		p.problem("the Sitemap line names none")
	case len(p.file.sitemaps) < maxSitemaps && !slices.Contains(p.file.sitemaps, value):
		p.file.sitemaps = append(p.file.sitemaps, value)
	}
}

func (p *parser) problem(format string, args ...any) {
	if len(p.file.problems) < maxProblems {
		p.file.problems = append(p.file.problems, Problem{Line: p.number, Text: fmt.Sprintf(format, args...)})
	}
}

// quote gives as much of s as a problem shows.
func quote(s string) string { return printable(clip(s, maxQuote)) }
