package weburl

import (
	"errors"
	"fmt"
	"strings"

	"sonde"
)

// Base is an absolute URL to resolve references against, parsed once. It is
// immutable and safe for concurrent use.
type Base struct {
	standard standardURL // without userinfo and fragment
	self     Resolved    // what an empty reference resolves to

	plain  bool   // origin and path are in canonical form as the standard has them; the fields below are set
	scheme string // "https:"
	origin string // "https://example.org:8443"
	page   string // origin and path
	dir    string // page up to its last slash
}

// Base parses an absolute URL to resolve references against.
func (c *Canonicalizer) Base(rawAbsolute string) (*Base, error) {
	u, err := parseStandard(rawAbsolute, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the base URL %q: %w", excerpt(rawAbsolute), err)
	}
	u.userinfo, u.fragment = "", ""
	self := c.finish(u, rawAbsolute)
	if self.Reason != "" {
		return nil, fmt.Errorf("reading the base URL %q: it has no canonical form: %s", excerpt(rawAbsolute), self.Reason)
	}
	b := &Base{standard: u, self: self}
	page, _, _ := strings.Cut(self.URL, "?")
	u.query = ""
	if b.plain = u.href() == page; b.plain {
		b.scheme = u.scheme + ":"
		b.origin = Origin(page)
		b.page = page
		b.dir = directory(page)
	}
	return b, nil
}

// Resolve resolves ref against b and brings the result into canonical form. An
// empty reference resolves to b itself; with a nil b, ref must be absolute.
func (c *Canonicalizer) Resolve(b *Base, ref string) Resolved {
	if b != nil && b.plain {
		if r, ok := c.shortcut(b, ref); ok {
			return r
		}
	}
	return c.resolve(b, ref)
}

// resolve answers for every reference.
func (c *Canonicalizer) resolve(b *Base, ref string) Resolved {
	var base *standardURL
	if b != nil {
		base = &b.standard
	}
	u, err := parseStandard(ref, base)
	if err == nil {
		return c.finish(u, ref)
	}
	if _, ok := errors.AsType[schemeError](err); ok {
		return refuse(ref, sonde.BadScheme)
	}
	return refuse(ref, sonde.Malformed)
}

// shortcut answers for references that need no change: what it accepts is in
// canonical form from the first byte to the last, but for dot segments at the
// start. It says false wherever it is not certain; [Canonicalizer.resolve] gives
// the same answer to what it accepts, and an answer to the rest.
func (c *Canonicalizer) shortcut(b *Base, ref string) (Resolved, bool) {
	if ref == "" {
		return b.self, true
	}
	switch ref[0] {
	case '#':
		r := b.self
		r.Fragment = ref[1:]
		return r, all(r.Fragment, inFragment)
	case '?':
		return c.extend(b.page, b.self.Host, ref, 0)
	case '/':
		if len(ref) > 1 && ref[1] == '/' {
			return c.elsewhere(b.scheme, ref)
		}
		return c.extend(b.origin, b.self.Host, ref, 0)
	case '.':
		dir, rest := climb(b, ref)
		return c.extend(dir, b.self.Host, rest, 0)
	case 'h':
		if rest, ok := strings.CutPrefix(ref, b.origin); ok && strings.HasPrefix(rest, "/") {
			return c.extend(b.origin, b.self.Host, rest, 0)
		}
		if rest, ok := strings.CutPrefix(ref, "https:"); ok {
			return c.elsewhere("https:", rest)
		}
		if rest, ok := strings.CutPrefix(ref, "http:"); ok {
			return c.elsewhere("http:", rest)
		}
	}
	if hasColonFirst(ref) {
		return Resolved{}, false
	}
	return c.extend(b.dir, b.self.Host, ref, 0)
}

// hasColonFirst reports whether a colon stands in the first segment, where it may
// end a scheme.
func hasColonFirst(ref string) bool {
	for i := 0; i < len(ref); i++ {
		switch ref[i] {
		case ':':
			return true
		case '/', '?', '#':
			return false
		}
	}
	return false
}

// climb follows the dot segments at the start of ref.
func climb(b *Base, ref string) (dir, rest string) {
	dir = b.dir
	for {
		switch {
		case strings.HasPrefix(ref, "./"):
			ref = ref[2:]
		case strings.HasPrefix(ref, "../"):
			ref = ref[3:]
			if above := dir[:len(dir)-1]; len(above) > len(b.origin) {
				dir = directory(above)
			}
		default:
			return dir, ref
		}
	}
}

// elsewhere answers for a reference with a host of its own: a scheme, and a rest
// that begins with two slashes.
func (c *Canonicalizer) elsewhere(scheme, rest string) (Resolved, bool) {
	if !strings.HasPrefix(rest, "//") {
		return Resolved{}, false
	}
	end := 2
	label := 2 // where the last label begins
	for end < len(rest) && classes[rest[end]]&inHost != 0 {
		if rest[end] == '.' {
			label = end + 1
		}
		end++
	}
	if label == end || isDigit(rest[label]) || end == len(rest) || rest[end] != '/' {
		return Resolved{}, false // no host, a dot at its end, perhaps an address, a port, no path …
	}
	r, ok := c.extend(scheme, "", rest, end)
	if ok {
		r.Host = r.URL[len(scheme)+2 : len(scheme)+end]
	}
	return r, ok
}

// extend answers with prefix and what rest adds to it, if rest from its path on is
// in canonical form.
func (c *Canonicalizer) extend(prefix, host, rest string, path int) (Resolved, bool) {
	end, ok := plainPathEnd(rest, path)
	if !ok {
		return Resolved{}, false
	}
	if end < len(rest) && rest[end] == '?' {
		n, ok := c.plainQuery(rest[end+1:])
		if !ok {
			return Resolved{}, false
		}
		end += 1 + n
	}
	fragment := ""
	if end < len(rest) {
		fragment = rest[end+1:]
	}
	if !all(fragment, inFragment) || len(prefix)+end > sonde.MaxURLLength {
		return Resolved{}, false
	}
	return Resolved{URL: prefix + rest[:end], Host: host, Fragment: fragment}, true
}

// plainPathEnd measures the path that begins at s[i]: where it ends, and whether it
// is certain to be in canonical form.
func plainPathEnd(s string, i int) (end int, ok bool) {
	for ; i < len(s); i++ {
		c := s[i]
		if classes[c]&plainPath != 0 {
			continue
		}
		switch c {
		case '?', '#':
			return i, true
		case ':':
		case '.':
			if (i == 0 || s[i-1] == '/') && (i+1 == len(s) || strings.IndexByte("./?#", s[i+1]) >= 0) {
				return i, false
			}
		case ';':
			if i+1 < len(s) && lower(s[i+1]) == sessionParam[1] {
				return i, false
			}
		case '%':
			octet, ok := escape(s[i:])
			if !ok || !cleanEscape(s[i:], octet) {
				return i, false
			}
			i += 2
		default:
			return i, false
		}
	}
	return i, true
}

// plainQuery measures the query that s begins with: where it ends, and whether it
// is certain to be in canonical form.
func (c *Canonicalizer) plainQuery(s string) (end int, ok bool) {
	start := 0 // of the parameter
	for i := 0; i < len(s); i++ {
		b := s[i]
		if classes[b]&plainQuery != 0 {
			continue
		}
		switch b {
		case '&', '#':
			if i == start || c.drop.match(s[start:i]) {
				return i, false
			}
			if b == '#' {
				return i, true
			}
			start = i + 1
		case '%':
			octet, ok := escape(s[i:])
			if !ok || !cleanEscape(s[i:], octet) {
				return i, false
			}
			i += 2
		default:
			return i, false
		}
	}
	return len(s), start < len(s) && !c.drop.match(s[start:])
}
