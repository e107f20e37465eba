package weburl

import (
	"fmt"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// Parse parses raw, against base unless that is "", as the standard says, whatever
// the scheme, and serialises it: no canonical form, fragment and userinfo stay.
func Parse(raw, base string) (href string, err error) {
	var against *standardURL
	if base != "" {
		u, err := parseStandard(base, nil)
		if isOther(err) {
			return parseOther(raw, base)
		} else if err != nil {
			return "", fmt.Errorf("reading the base URL %q: %w", excerpt(base), err)
		}
		against = &u
	}
	u, err := parseStandard(raw, against)
	if isOther(err) {
		return parseOther(raw, base)
	} else if err != nil {
		return "", fmt.Errorf("reading the URL %q: %w", excerpt(raw), err)
	}
	return u.href(), nil
}

// isOther reports whether err tells of a scheme other than http and https.
func isOther(err error) bool {
	_, ok := err.(schemeError)
	return ok
}

// others parses URLs of other schemes. The library's path percent-encode set lacks
// the caret, which the standard has added since.
var others = whatwg.NewParser(whatwg.WithPathPercentEncodeSet(whatwg.PathPercentEncodeSet.Set('^')))

// parseOther parses where raw or base is of another scheme than http and https.
func parseOther(raw, base string) (string, error) {
	if _, _, absolute := cutScheme(strip(raw)); absolute && base != "" {
		if _, err := others.Parse(base); err != nil {
			return "", fmt.Errorf("reading the base URL %q: %w", excerpt(base), err)
		}
	}
	if scheme, _, _ := cutScheme(strip(raw)); strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") {
		return Parse(raw, "")
	}
	u, err := others.ParseRef(base, raw)
	if err != nil {
		return "", fmt.Errorf("reading the URL %q: %w", excerpt(raw), err)
	}
	return encodeLastSpace(u.Href(false), u.OpaquePath()), nil
}

// encodeLastSpace percent-encodes a space that ends an opaque path before a query
// or a fragment, as the standard does and the library does not.
func encodeLastSpace(href string, opaque bool) string {
	i := strings.IndexAny(href, "?#")
	if !opaque || i < 1 || href[i-1] != ' ' {
		return href
	}
	return href[:i-1] + "%20" + href[i:]
}
