package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"sonde"
)

// Request is one thing to ask for.
type Request struct {
	URL      string          // canonical
	Use      sonde.Use       // what for: decides how much of the body is read
	Method   string          // "": GET
	Content  []byte          // the body of the request; nil: none
	Previous *sonde.Previous // validators of the run before; nil: an unconditional request
	MaxBody  int64           // bytes of body on the wire, whatever its type; 0: the policy's
	Keep     bool            // the body is wanted
	Secrets  bool            // secret values of the answer's header (cookies) are wanted too
	Hold     *Hold           // takes room for the body that is kept, to be released when that is gone; nil: no bound
	// Sink is called when the header has come, with what is known of the answer by then,
	// and tells where the body goes while it comes, decoded. A write that fails ends the
	// body. nil: it goes nowhere.
	Sink func(*sonde.Fetch) io.Writer
}

func (r Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// enclose gives an HTTP request the content, again and again where net/http repeats it.
func (r Request) enclose(to *http.Request) {
	if r.Content == nil {
		return
	}
	to.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Content)), nil }
	to.Body, _ = to.GetBody()
	to.ContentLength = int64(len(r.Content))
}

// A target is a canonical URL in pieces.
type target struct {
	origin string // "https://example.org:8443"
	scheme string // http or https
	host   string // with the port where the URL has one
	path   string // as it goes into the request line
	query  string
}

// locate splits a canonical URL. It does not decode anything, and refuses what
// could be read as more than one line or word of a request.
func locate(raw string) (target, error) {
	if i := strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }); i >= 0 {
		return target{}, errors.New("the URL holds white space or a control character")
	}
	scheme, rest, _ := strings.Cut(raw, "://")
	if scheme != "http" && scheme != "https" {
		return target{}, errors.New("only http and https URLs are fetched")
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	if host == "" || strings.Contains(host, "@") {
		return target{}, errors.New("the URL has no host, or a user before it")
	}
	origin := raw[:len(scheme)+len("://")+len(host)]
	if _, err := url.Parse(origin); err != nil {
		return target{}, errors.New("the host or port is not valid")
	}
	return target{origin: origin, scheme: scheme, host: host, path: "/" + path, query: query}, nil
}

// hostname is the host without port and brackets.
func (t target) hostname() string {
	u := url.URL{Host: t.host}
	return u.Hostname()
}

// port is the port that is dialled.
func (t target) port() string {
	u := url.URL{Host: t.host}
	switch {
	case u.Port() != "":
		return u.Port()
	case t.scheme == "https":
		return "443"
	}
	return "80"
}

// url is what net/http is to ask for. The path goes out as it stands: net/url
// would spell some octets otherwise, and refuse a percent sign that escapes
// nothing. Only where the form of the request line asks for it is it given in
// full: to a proxy, and where a path begins with two slashes (RFC 9112, section 3.2).
func (t target) url(forwarded bool) *url.URL {
	u := &url.URL{Scheme: t.scheme, Host: t.host, Path: t.path, RawQuery: t.query, Opaque: t.path}
	if !forwarded && !strings.HasPrefix(t.path, "//") {
		return u
	}
	u.Opaque = ""
	if !forwarded && u.EscapedPath() == t.path {
		return u
	}
	u.Opaque = "//" + t.host + t.path
	return u
}

// Header values that are the same in every request.
var (
	acceptPage     = []string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
	acceptAnything = []string{"*/*"}
	acceptEncoding = []string{"gzip, deflate, br, zstd"}
)

// defaultUserAgent is sent where the policy names none.
const defaultUserAgent = "Sonde"

// header is the header of a request, cookies included.
func (f *Fetcher) header(r Request, t target, u *url.URL) http.Header {
	h := make(http.Header, 8)
	h["User-Agent"] = f.userAgent
	h["Accept"] = acceptAnything
	if r.Use == sonde.Read {
		h["Accept"] = acceptPage
	}
	h["Accept-Encoding"] = acceptEncoding
	if f.trusts(t) {
		for name, values := range f.headers {
			h[name] = values
		}
	}
	if c, ok := f.credentials[t.origin]; ok {
		h["Authorization"] = []string{c.basic()}
	}
	if f.dialer.proxy.forwards() && t.scheme == "http" {
		if authorization := f.dialer.proxy.authorization(); authorization != "" {
			h["Proxy-Authorization"] = []string{authorization}
		}
	}
	addValidators(h, r.Previous)
	f.cookies.add(h, u)
	return h
}

// addValidators makes the request conditional (RFC 9110, section 13.1).
func addValidators(h http.Header, p *sonde.Previous) {
	if p == nil {
		return
	}
	if p.ETag != "" && httpguts.ValidHeaderFieldValue(p.ETag) {
		h["If-None-Match"] = []string{p.ETag}
	}
	if p.LastModified != "" && httpguts.ValidHeaderFieldValue(p.LastModified) {
		h["If-Modified-Since"] = []string{p.LastModified}
	}
}

// trusts reports whether the policy's header fields go to the target's host.
func (f *Fetcher) trusts(t target) bool {
	return len(f.headers) > 0 && f.trusted != nil && f.trusted(t.hostname())
}

// framing are the header fields that belong to the connection, not to a policy.
var framing = []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// policyHeaders checks the header fields of a policy and spells their names as
// net/http does.
func policyHeaders(raw map[string][]string) (http.Header, error) {
	h := make(http.Header, len(raw))
	for name, values := range raw {
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, fmt.Errorf("header %q: not a name of a header field", name)
		}
		canonical := http.CanonicalHeaderKey(name)
		if slices.Contains(framing, canonical) {
			return nil, fmt.Errorf("header %s: it is set by Sonde itself", canonical)
		}
		if slices.ContainsFunc(values, func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
			return nil, fmt.Errorf("header %s: the value holds a control character", canonical)
		}
		h[canonical] = append(h[canonical], values...)
	}
	return h, nil
}
