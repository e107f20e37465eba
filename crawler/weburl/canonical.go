package weburl

import (
	"strings"
	"unicode/utf8"

	"sonde"
)

// Resolved is one reference, resolved and brought into canonical form.
//
// Fragment, and URL where Reason is set, may be part of the reference's own text;
// nothing else is.
type Resolved struct {
	URL      string       // canonical, without fragment; where Reason is set, the reference as it stood, cut at sonde.MaxURLLength characters, valid UTF-8
	Host     string       // lower-case ASCII host without port, IPv6 in brackets as in the URL; "" where Reason is set
	Fragment string       // without '#', percent-encoded as the standard has it
	Original string       // absolute WHATWG form without fragment and userinfo, only where canonical form changed it, else ""; cut at sonde.MaxURLLength characters
	Reason   sonde.Reason // "", sonde.BadScheme, sonde.Malformed, sonde.TooLong
}

// Canonicalizer brings URLs into canonical form. It is immutable and safe for
// concurrent use.
type Canonicalizer struct {
	drop *params
}

// NewCanonicalizer makes a Canonicalizer that drops the named parameters from
// queries. Names are compared without regard to case; a trailing * matches any rest.
func NewCanonicalizer(dropParams []string) *Canonicalizer {
	return &Canonicalizer{drop: newParams(dropParams)}
}

// Canonical brings an absolute URL into canonical form. A text without a scheme is
// sonde.Malformed.
func (c *Canonicalizer) Canonical(raw string) Resolved {
	return c.Resolve(nil, raw)
}

// finish brings u, which ref was resolved to, into canonical form.
func (c *Canonicalizer) finish(u standardURL, ref string) Resolved {
	fragment := strings.TrimPrefix(u.fragment, "#")
	u.userinfo, u.fragment = "", ""

	canonical := u
	canonical.host = strings.TrimSuffix(u.host, ".")
	if canonical.host == "" || strings.HasSuffix(canonical.host, ".") {
		return refuse(ref, sonde.Malformed)
	}
	canonical.path = dropSession(decodeUnreserved(u.path))
	canonical.query = c.canonicalQuery(u.query)

	url := canonical.href()
	if len(url) > sonde.MaxURLLength {
		return refuse(ref, sonde.TooLong)
	}
	r := Resolved{URL: url, Fragment: fragment}
	r.Host = url[len(u.scheme)+len("://"):][:len(canonical.host)]
	if canonical != u {
		r.Original = cut(u.href())
	}
	return r
}

// refuse says why ref is no URL to fetch.
func refuse(ref string, reason sonde.Reason) Resolved {
	return Resolved{URL: strings.ToValidUTF8(cut(ref), string(utf8.RuneError)), Reason: reason}
}

// cut is s or, where that is longer, a copy of its first sonde.MaxURLLength
// characters.
func cut(s string) string {
	if len(s) <= sonde.MaxURLLength {
		return s
	}
	count := 0
	for i := range s {
		if count == sonde.MaxURLLength {
			return strings.Clone(s[:i])
		}
		count++
	}
	return s
}

// decodeUnreserved writes percent-encoded octets in upper case and decodes the
// unreserved ones (RFC 3986, section 6.2.2). One that would complete a stray
// percent sign to another octet stays encoded.
func decodeUnreserved(s string) string {
	if clean(s) {
		return s
	}
	out := make([]byte, 0, len(s))
	digits := 2 // hexadecimal digits since the last stray percent sign; from 2 on none is missing
	for ; s != ""; s = s[1:] {
		octet, escaped := escape(s)
		switch {
		case escaped && (classes[octet]&unreserved == 0 || digits < 2 && hexValue(octet) >= 0):
			out = append(out, '%', upperHex[octet>>4], upperHex[octet&15])
			digits = 2
		case escaped:
			out = append(out, octet)
			digits = 2
		default:
			out = append(out, s[0])
			digits = digitsSince(digits, s[0])
		}
		if escaped {
			s = s[2:]
		}
	}
	return string(out)
}

// digitsSince counts c to the digits since a stray percent sign.
func digitsSince(digits int, c byte) int {
	switch {
	case c == '%':
		return 0
	case digits < 2 && hexValue(c) >= 0:
		return digits + 1
	}
	return 2
}

// clean reports whether all percent-encoded octets of s stand as canonical form
// has them.
func clean(s string) bool {
	for i := strings.IndexByte(s, '%'); i >= 0; i = strings.IndexByte(s, '%') {
		octet, ok := escape(s[i:])
		if ok && !cleanEscape(s[i:], octet) {
			return false
		}
		s = s[i+1:]
	}
	return true
}

// cleanEscape reports whether the percent-encoded octet at the start of s stands
// as canonical form has it.
func cleanEscape(s string, octet byte) bool {
	return classes[octet]&unreserved == 0 && s[1] < 'a' && s[2] < 'a'
}

// sessionParam is the path parameter that Java servers keep a session in.
const sessionParam = ";jsessionid="

// dropSession removes the session from a path. Where that would leave a dot
// segment it stays, for the path would then lead elsewhere.
func dropSession(path string) string {
	i := indexFold(path, sessionParam)
	if i < 0 {
		return path
	}
	var out strings.Builder
	for ; i >= 0; i = indexFold(path, sessionParam) {
		end := i + len(sessionParam)
		for end < len(path) && path[end] != '/' && path[end] != ';' {
			end++
		}
		kept := i
		if segmentBefore := path[strings.LastIndexByte(path[:i], '/')+1 : i]; dots(segmentBefore) > 0 {
			kept = end
		}
		out.WriteString(path[:kept])
		path = path[end:]
	}
	out.WriteString(path)
	return out.String()
}

// indexFold is the index of the first sub, which is lower-case ASCII, in s in any
// case; -1 where there is none.
func indexFold(s, sub string) int {
	for from := 0; ; from++ {
		i := strings.IndexByte(s[from:], sub[0])
		if i < 0 {
			return -1
		}
		if from += i; hasPrefixFold(s[from:], sub) {
			return from
		}
	}
}

// canonicalQuery removes empty and dropped parameters from a query.
func (c *Canonicalizer) canonicalQuery(query string) string {
	if query == "" {
		return ""
	}
	query = decodeUnreserved(query)
	if end, ok := c.plainQuery(query[1:]); ok && end == len(query)-1 {
		return query
	}
	out := make([]byte, 0, len(query))
	for parameter := range strings.SplitSeq(query[1:], "&") {
		if parameter == "" || c.drop.match(parameter) {
			continue
		}
		separator := byte('&')
		if len(out) == 0 {
			separator = '?'
		}
		out = append(append(out, separator), parameter...)
	}
	return string(out)
}
