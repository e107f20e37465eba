package weburl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// standardURL is a URL of scheme http or https as the standard's parser leaves it
// (https://url.spec.whatwg.org/#url-parsing), each part in its serialisation.
type standardURL struct {
	scheme   string // "http" or "https"
	userinfo string // "name" or "name:password", "" where there is neither
	host     string
	port     string // "" for the scheme's own
	path     string // begins with '/'
	query    string // begins with '?', "" where there is none
	fragment string // begins with '#', "" where there is none
}

// href is the standard's serialisation.
func (u *standardURL) href() string {
	at, colon := "", ""
	if u.userinfo != "" {
		at = "@"
	}
	if u.port != "" {
		colon = ":"
	}
	return u.scheme + "://" + u.userinfo + at + u.host + colon + u.port + u.path + u.query + u.fragment
}

// schemeError is the scheme, neither http nor https, of a text that has one.
type schemeError string

func (e schemeError) Error() string {
	return fmt.Sprintf("the scheme is %q: Sonde speaks http and https", string(e))
}

var (
	errNoScheme = errors.New("it does not begin with http:// or https://")
	errNoHost   = errors.New("the host is missing")
)

// parseStandard parses raw, against base unless that is nil. A scheme other than
// http and https is a [schemeError].
func parseStandard(raw string, base *standardURL) (standardURL, error) {
	ref := strip(raw)
	scheme, rest, ok := cutScheme(ref)
	if !ok {
		if base == nil {
			return standardURL{}, errNoScheme
		}
		return parseRelative(ref, base)
	}
	if scheme, ok = fetchable(scheme); !ok {
		return standardURL{}, schemeError(scheme)
	}
	if base != nil && base.scheme == scheme && !strings.HasPrefix(rest, "//") {
		return parseRelative(rest, base)
	}
	return parseAuthority(scheme, trimSlashes(rest))
}

// strip removes what the standard ignores: control characters and spaces at the
// ends, tabs and line ends anywhere.
func strip(s string) string {
	for s != "" && s[0] <= ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	if strings.ContainsAny(s, "\t\n\r") {
		s = withoutLineEnds.Replace(s)
	}
	return s
}

var withoutLineEnds = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// cutScheme cuts s at the colon behind its scheme; ok is false where it has none.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isLetter(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return s[:i], s[i+1:], true
		default:
			return "", s, false
		}
	}
	return "", s, false
}

// fetchable is the scheme in lower case if it is http or https, else as it stands.
func fetchable(scheme string) (string, bool) {
	switch {
	case strings.EqualFold(scheme, "https"):
		return "https", true
	case strings.EqualFold(scheme, "http"):
		return "http", true
	}
	return scheme, false
}

func trimSlashes(s string) string {
	for s != "" && isSlash(s[0]) {
		s = s[1:]
	}
	return s
}

// parseRelative parses a reference without a scheme.
func parseRelative(ref string, base *standardURL) (standardURL, error) {
	if len(ref) > 1 && isSlash(ref[0]) && isSlash(ref[1]) {
		return parseAuthority(base.scheme, trimSlashes(ref))
	}
	u := *base
	path, query, fragment := cutPath(ref)
	switch {
	case path == "" && query == "":
	case path == "":
		u.query = encode(query, inQuery)
	case isSlash(path[0]):
		u.path, u.query = joinPath("/", path[1:]), encode(query, inQuery)
	default:
		u.path, u.query = joinPath(directory(base.path), path), encode(query, inQuery)
	}
	u.fragment = encode(fragment, inFragment)
	return u, nil
}

// cutPath cuts s into a path, a query with its '?' and a fragment with its '#'.
func cutPath(s string) (path, query, fragment string) {
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s, fragment = s[:i], s[i:]
	}
	if i := strings.IndexByte(s, '?'); i >= 0 {
		s, query = s[:i], s[i:]
	}
	return s, query, fragment
}

// parseAuthority parses what follows the slashes behind a scheme.
func parseAuthority(scheme, rest string) (standardURL, error) {
	u := standardURL{scheme: scheme}
	authority := rest
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		authority = rest[:i]
	}
	path, query, fragment := cutPath(rest[len(authority):])
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		u.userinfo = encodeUserinfo(authority[:i])
		authority = authority[i+1:]
	}
	host, port := cutPort(authority)
	if host == "" {
		return u, errNoHost
	}
	var err error
	if u.host, err = parseHost(host); err != nil {
		return u, err
	}
	if u.port, err = parsePort(port, scheme); err != nil {
		return u, err
	}
	if path != "" {
		path = path[1:]
	}
	u.path = joinPath("/", path)
	u.query = encode(query, inQuery)
	u.fragment = encode(fragment, inFragment)
	return u, nil
}

// encodeUserinfo encodes a name and a password; without either it is "".
func encodeUserinfo(s string) string {
	name, password, _ := strings.Cut(s, ":")
	if password == "" {
		return encode(name, inUserinfo)
	}
	return encode(name, inUserinfo) + ":" + encode(password, inUserinfo)
}

// cutPort cuts at the first colon outside brackets.
func cutPort(authority string) (host, port string) {
	bracket := false
	for i := 0; i < len(authority); i++ {
		switch authority[i] {
		case '[':
			bracket = true
		case ']':
			bracket = false
		case ':':
			if !bracket {
				return authority[:i], authority[i+1:]
			}
		}
	}
	return authority, ""
}

// parsePort brings a port into its shortest form, "" for the scheme's own.
func parsePort(s, scheme string) (string, error) {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return "", fmt.Errorf("the port %q is not a number", excerpt(s))
		}
	}
	if s == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return "", fmt.Errorf("the port %s is above 65535", excerpt(s))
	}
	if scheme == "https" && n == 443 || scheme == "http" && n == 80 {
		return "", nil
	}
	return strconv.FormatUint(n, 10), nil
}

// excerpt shortens s for a message.
func excerpt(s string) string {
	const enough = 100
	if len(s) <= enough {
		return s
	}
	return strings.ToValidUTF8(s[:enough], "") + "…"
}
