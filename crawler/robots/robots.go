// Package robots says what a host wants of robots: robots.txt by RFC 9309, the
// X-Robots-Tag header and the robots meta element.
//
// The way of a robots.txt through the package:
//
//	bytes → text.go       → UTF-8 text, whatever they were
//	      → parse.go      → a [File]: groups of lines, sitemaps, problems
//	      → [File.For]    → the [Rules] for one product token, compiled
//	      → [Rules.Decide]→ a [Decision] for one URL, with the line that decided
//
// [FromAnswer] makes Rules of any answer to a request for robots.txt, 404 and
// silence included. directive.go knows the names of lines and how people misspell
// them; pattern.go brings paths into the form they are compared in and matches
// them. [Tags] and [Judge] read what a page or its header says of itself.
//
// A file is read as its author must have meant it where that is plain: a missing
// colon, a misspelt Disallow and a user agent with a version are accepted, as
// Google documents. Each is also a [Problem], so that the author can be told.
package robots

import (
	"strings"
	"time"
)

// Limits on what is read of a robots.txt. RFC 9309, section 2.5, asks for at
// least 500 KiB.
const (
	maxBytes    = 512 << 10 // of the file
	maxSitemaps = 100       // distinct Sitemap lines kept
	maxProblems = 100       // kept

	// maxDelay is the longest Crawl-delay; a longer one means the same.
	maxDelay = 24 * time.Hour
)

// File is a robots.txt, read. It does not change and may be shared.
type File struct {
	groups   []group
	sitemaps []string
	problems []Problem
}

// group is a run of User-agent lines and the rules that follow them.
type group struct {
	agents []string // product tokens, "*" for everyone
	rules  []line
	delays []delay
}

// line is one Allow or Disallow line.
type line struct {
	number int
	allow  bool
	value  string // the path pattern as it stood
	text   string // the line as it stood, without its comment
}

// delay is one Crawl-delay line. It is no rule of RFC 9309 and must not disturb
// the grouping (section 2.2.4), so it speaks to the agents named before it only:
// the many files that give some robot nothing but a delay do not slow the robots
// of the group that follows.
type delay struct {
	agents int // how many of the group's agents it speaks to
	wait   time.Duration
}

// Problem is something in a robots.txt that its author should look at.
type Problem struct {
	Line int    // counted from 1
	Text string // what is wrong and how it was read
}

// Sitemaps lists the values of the Sitemap lines as they stand, relative ones
// included: the first 100 distinct ones.
func (f *File) Sitemaps() []string { return f.sitemaps }

// Problems lists what is wrong with the file in the order of its lines, at most
// 100. A file with problems is obeyed all the same.
func (f *File) Problems() []Problem { return f.problems }

// BlocksAll reports whether the file forbids everything, and allows nothing, to
// robots that it does not name.
func (f *File) BlocksAll() bool {
	blocks := false
	for i := range f.groups {
		if f.groups[i].find("*") < 0 {
			continue
		}
		for _, l := range f.groups[i].rules {
			if l.allow {
				return false
			}
			blocks = blocks || strings.Trim(l.value, "*") == "/" || strings.Trim(l.value, "*") == ""
		}
	}
	return blocks
}

// For compiles the rules for a product token: those of all groups that name it,
// compared without regard to case, else those of all groups for "*" (RFC 9309,
// section 2.2.1). A token that no group names is allowed everything.
func (f *File) For(token string) *Rules {
	r, named := f.collect(token)
	if !named {
		r, _ = f.collect("*")
	}
	return r
}

// collect merges the groups that name token and reports whether any does.
func (f *File) collect(token string) (r *Rules, named bool) {
	var lines []line
	var wait time.Duration
	for i := range f.groups {
		g := &f.groups[i]
		at := g.find(token)
		if at < 0 {
			continue
		}
		named = true
		lines = append(lines, g.rules...)
		wait = max(wait, g.delayFor(at))
	}
	return compile(lines, wait), named
}

// find gives the index of token among the group's agents, -1 when it is not there.
func (g *group) find(token string) int {
	for i, agent := range g.agents {
		if strings.EqualFold(agent, token) {
			return i
		}
	}
	return -1
}

// delayFor gives the longest delay that speaks to the agent at index.
func (g *group) delayFor(index int) time.Duration {
	var longest time.Duration
	for _, d := range g.delays {
		if index < d.agents {
			longest = max(longest, d.wait)
		}
	}
	return longest
}

// ProductToken gives the product token of a User-Agent header: its leading
// letters, hyphens and underscores (RFC 9309, section 2.2.1).
// "Sonde/1.0 (+https://example.org)" gives "Sonde".
func ProductToken(userAgent string) string {
	s := strings.TrimSpace(userAgent)
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return s[:i]
		}
	}
	return s
}

func isTokenByte(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || b == '-' || b == '_'
}
