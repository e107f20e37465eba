package weburl

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Parts are the parts of a canonical URL, each a slice of it.
type Parts struct {
	Scheme string
	Host   string // without port, IPv6 in brackets
	Port   string // "" for the scheme's own
	Path   string // begins with '/'
	Query  string // without '?'
}

// Split cuts a canonical URL into its parts.
func Split(canonical string) Parts {
	var p Parts
	rest := ""
	p.Scheme, rest, _ = strings.Cut(canonical, "://")
	path := strings.IndexByte(rest, '/')
	if path < 0 {
		path = len(rest)
	}
	p.Host, p.Port = cutPort(rest[:path])
	p.Path, p.Query, _ = strings.Cut(rest[path:], "?")
	return p
}

// DialPort is the port that is dialled.
func (p Parts) DialPort() string {
	switch {
	case p.Port != "":
		return p.Port
	case p.Scheme == "https":
		return "443"
	}
	return "80"
}

// Origin is the scheme, host and port of a canonical URL, as in
// "https://example.org:8443".
func Origin(canonical string) string {
	host := strings.Index(canonical, "://") + len("://")
	if path := strings.IndexByte(canonical[host:], '/'); path >= 0 {
		return canonical[:host+path]
	}
	return canonical
}

// RegistrableDomain is the part of a host name that somebody registered: the
// public suffix and one label more. Addresses and bare public suffixes are
// themselves.
func RegistrableDomain(host string) string {
	if isAddress(host) {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

// isAddress reports whether the host of a canonical URL is an IP address.
func isAddress(host string) bool {
	if strings.HasPrefix(host, "[") {
		return true
	}
	if host == "" || !isDigit(host[len(host)-1]) {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}
