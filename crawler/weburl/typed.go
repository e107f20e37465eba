package weburl

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Typed completes what a person typed to an absolute URL: "example.org/x" gets
// https://, and localhost, addresses and port 80 get http://, for there nobody has
// a certificate. An error says what is wrong with the text and where.
func Typed(raw string) (string, error) {
	text := strings.TrimSpace(raw)
	if text == "" {
		return "", errors.New("there is no address: type one such as https://example.org/")
	}
	u, err := complete(text)
	if err != nil {
		return "", fmt.Errorf("%q is not an address to crawl: %w", excerpt(text), err)
	}
	return u.href(), nil
}

// complete parses text, with the scheme that it most likely means where it has none.
func complete(text string) (standardURL, error) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Is6() {
		return parseStandard("http://["+text+"]/", nil)
	}
	if scheme, rest, ok := cutScheme(text); ok && !namesHost(scheme, rest) {
		return parseStandard(text, nil)
	}
	text = strings.TrimPrefix(text, "//")
	if err := misspelt(text); err != nil {
		return standardURL{}, err
	}
	u, err := parseStandard("https://"+text, nil)
	if err == nil && (isLocal(u.host) || u.port == "80") {
		return parseStandard("http://"+text, nil)
	}
	return u, err
}

// namesHost reports whether what stands before the first colon is rather a host
// than a scheme: a port follows, or it has a dot or is localhost.
func namesHost(scheme, rest string) bool {
	if strings.HasPrefix(rest, "//") {
		return false
	}
	port := rest
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		port = rest[:i]
	}
	if port != "" && strings.Trim(port, "0123456789") == "" {
		return true
	}
	return strings.Contains(scheme, ".") || strings.EqualFold(scheme, "localhost")
}

// misspelt says what is wrong with a text without a scheme that cannot begin with a
// host.
func misspelt(text string) error {
	for _, scheme := range []string{"https", "http"} {
		if hasPrefixFold(text, scheme+"//") {
			return fmt.Errorf("the ':' behind %s, character %d, is missing", text[:len(scheme)], len(scheme)+1)
		}
	}
	if text == "" || strings.IndexByte(`/\.?#`, text[0]) >= 0 {
		return errors.New("a host such as example.org must come first")
	}
	host := text
	if i := strings.IndexAny(text, `/\?#`); i >= 0 {
		host = text[:i]
	}
	if i := strings.IndexByte(host, '@'); i >= 0 {
		return fmt.Errorf("it has an '@' at character %d: a mail address cannot be crawled, and a user name needs the scheme before it, as in https://name@example.org/", i+1)
	}
	return nil
}

// isLocal reports whether a host is this machine by name, or an address.
func isLocal(host string) bool {
	host = strings.TrimSuffix(host, ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || isAddress(host)
}
