// Package weburl reads URLs as the WHATWG URL Standard has them and brings them
// into the one canonical form under which Sonde knows a URL.
package weburl

import (
	"errors"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/publicsuffix"

	"sonde"
)

// Resolved is one reference, resolved and brought into canonical form.
type Resolved struct {
	URL      string       // canonical, without fragment; where Reason is set, the reference as it stood, cut at sonde.MaxURLLength characters, valid UTF-8
	Host     string       // lower-case ASCII host without port, IPv6 in brackets as in the URL; "" where Reason is set
	Fragment string       // without '#'
	Original string       // absolute WHATWG form without fragment and userinfo, only where canonical form changed it, else ""
	Reason   sonde.Reason // "", sonde.BadScheme, sonde.Malformed, sonde.TooLong
}

// Canonicalizer brings URLs into canonical form. It is immutable and safe for
// concurrent use.
type Canonicalizer struct{ drop []string }

// Base is an absolute URL to resolve references against, parsed once.
type Base struct{ url string }

// NewCanonicalizer returns a Canonicalizer that removes the named query parameters.
func NewCanonicalizer(dropParams []string) *Canonicalizer { return &Canonicalizer{dropParams} }

// Base parses the absolute URL that references are resolved against.
func (c *Canonicalizer) Base(rawAbsolute string) (*Base, error) {
	r := c.Canonical(rawAbsolute)
	if r.Reason != "" {
		return nil, errors.New("not a base URL: " + string(r.Reason))
	}
	return &Base{r.URL}, nil
}

// Canonical brings an absolute URL into canonical form.
func (c *Canonicalizer) Canonical(raw string) Resolved { return c.Resolve(&Base{}, raw) }

// Resolve resolves ref against b and brings the result into canonical form.
func (c *Canonicalizer) Resolve(b *Base, ref string) Resolved {
	u, err := whatwg.ParseRef(b.url, ref)
	if err != nil {
		return Resolved{URL: ref, Reason: sonde.Malformed}
	}
	if u.Scheme() != "http" && u.Scheme() != "https" {
		return Resolved{URL: ref, Reason: sonde.BadScheme}
	}
	u.SetUsername("")
	u.SetPassword("")
	return Resolved{URL: u.Href(true), Host: u.Hostname(), Fragment: u.Fragment()}
}

// Parse parses raw against base as the standard says and serialises it.
func Parse(raw, base string) (href string, err error) {
	u, err := whatwg.ParseRef(base, raw)
	if err != nil {
		return "", err
	}
	return u.Href(false), nil
}

// Typed completes what a person typed to an absolute URL.
func Typed(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	return Parse(raw, "")
}

// Parts are the parts of a canonical URL.
type Parts struct{ Scheme, Host, Port, Path, Query string }

// Split cuts a canonical URL into its parts.
func Split(canonical string) Parts {
	var p Parts
	p.Scheme, p.Path, _ = strings.Cut(canonical, "://")
	if i := strings.IndexAny(p.Path, "/?"); i >= 0 {
		p.Host, p.Path = p.Path[:i], p.Path[i:]
	}
	p.Path, p.Query, _ = strings.Cut(p.Path, "?")
	if i := strings.LastIndexByte(p.Host, ':'); i > strings.LastIndexByte(p.Host, ']') {
		p.Host, p.Port = p.Host[:i], p.Host[i+1:]
	}
	return p
}

// Origin is the scheme, host and port of a canonical URL.
func Origin(canonical string) string {
	p := Split(canonical)
	if p.Port != "" {
		return p.Scheme + "://" + p.Host + ":" + p.Port
	}
	return p.Scheme + "://" + p.Host
}

// RegistrableDomain is the part of a host name that somebody registered.
func RegistrableDomain(host string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

// Shape is the path shape of a canonical URL.
func Shape(canonical string) string { return canonical }

// Trap reports whether the path of a canonical URL looks like one without end.
func Trap(canonical string) bool { return strings.Count(Split(canonical).Path, "/") > sonde.MaxPathSegments }
