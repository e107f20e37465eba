// Package robots reads robots.txt (RFC 9309) and robots directives of pages.
package robots

import (
	"time"

	"sonde"
)

// File is a parsed robots.txt.
type File struct{}

// Problem is something in a robots.txt that its author should look at.
type Problem struct {
	Line int
	Text string
}

// Rules are the rules of a File for one product token.
type Rules struct{ allowed bool }

// Decision says whether a URL may be asked for, and which line decided.
type Decision struct {
	Allowed bool
	Line    int
	Rule    string
}

// Verdict is what robots directives of a page mean to us.
type Verdict struct{ NoIndex, NoFollow bool }

// Parse reads a robots.txt.
func Parse(body []byte) *File { return &File{} }

// For gives the rules for a product token.
func (f *File) For(token string) *Rules { return AllowAll() }

// Sitemaps lists the sitemaps named.
func (f *File) Sitemaps() []string { return nil }

// Problems lists what is wrong with the file.
func (f *File) Problems() []Problem { return nil }

// Decide says whether a URL may be asked for.
func (r *Rules) Decide(canonicalURL string) Decision { return Decision{Allowed: r.allowed} }

// CrawlDelay is the delay asked for.
func (r *Rules) CrawlDelay() time.Duration { return 0 }

// AllowAll allows everything.
func AllowAll() *Rules { return &Rules{allowed: true} }

// DisallowAll allows nothing.
func DisallowAll() *Rules { return &Rules{} }

// FromAnswer gives the rules that an answer to a request for robots.txt means.
func FromAnswer(f sonde.RobotsFile, token string) (*Rules, sonde.Reason) { return AllowAll(), "" }

// ProductToken is the product token of a User-Agent.
func ProductToken(userAgent string) string { return userAgent }

// Tags reads one X-Robots-Tag value.
func Tags(header string) []sonde.RobotsMeta { return nil }

// Judge says what robots directives mean to token.
func Judge(metas []sonde.RobotsMeta, token string) Verdict { return Verdict{} }
