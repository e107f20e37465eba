// Package fetch makes one HTTP request and tells what came of it, good or bad.
//
// [Fetcher.Do] is one attempt: it retries nothing and follows no redirect, and
// every way in which it can end is a value of [Answer]. On the way of a request:
//
//   - request.go: the URL in pieces and the header that is sent
//   - colly.go: the pool of collectors, each making one request at a time
//   - exchange.go: the seam below them, where an exchange really happens
//   - http1.go, shelf.go: plain HTTP/1.1, which is ours; net/http makes the rest
//   - dial.go, resolve.go, proxy.go: names, addresses, connections
//   - guard.go: which addresses may be dialled
//   - tls.go, certificate.go: handshakes and what they show
//   - watch.go: limits in time
//   - header.go, cookies.go: what is kept of a header
//   - body.go, decode.go: bodies, within limits, their codings undone
//   - room.go: the memory of the bodies in hand
//   - failure.go: how errors become failures
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"sonde"
)

// Config says how to fetch. Guard is required. Limits of the policy that are zero
// are those of [sonde.DefaultPolicy].
type Config struct {
	Policy      sonde.Policy
	Guard       *Guard                 // judges every address before it is dialled
	Credentials map[string]Credential  // basic authentication, by origin ("https://example.org:8443"); the proxy's too
	Trusted     func(host string) bool // hosts that Policy.Headers are sent to; nil: none
	Concurrency int                    // requests at once; 0: the policy's
	Roots       *x509.CertPool         // certificate authorities; nil: the system's
	Pins        map[string]netip.Addr  // addresses to dial whatever the DNS says, by "host:port"
}

// Credential is a name and password for basic authentication (RFC 7617).
type Credential struct{ User, Password string }

// Answer is what one request gave.
//
// Without a Failure, Fetch holds the answer. With one, Fetch holds what came before
// it: nothing, or the answer with the prefix of a body (Truncated), or, where only
// a certificate was shown, a Fetch with Status 0 and its TLS. Where the caller's
// context ended first, there is neither Fetch nor Failure: nothing is known.
type Answer struct {
	Fetch      *sonde.Fetch  // owned by the caller, except for TLS, which fetches share
	Location   string        // the Location header as it stood
	RetryAfter string        // the Retry-After header as it stood
	Failure    sonde.Failure // why there is no answer, or not the whole
	Detail     string        // the failure, or what was cut, in words; no control characters
}

// Fetcher makes requests. It is safe for concurrent use, and keeps connections and
// cookies for as long as it lives.
type Fetcher struct {
	policy      sonde.Policy
	userAgent   []string
	headers     http.Header
	trusted     func(host string) bool
	credentials map[string]Credential

	collectors collectors
	transport  *http.Transport
	http1      http1
	dialer     *dialer
	cookies    *cookies
	decoders   decoders
	scratch    scratch
}

// New returns a Fetcher, or an error that says what in the policy cannot be used.
// It is to be closed.
func New(c Config) (*Fetcher, error) {
	if c.Guard == nil {
		return nil, errors.New("fetch: no address guard is given")
	}
	headers, err := policyHeaders(c.Policy.Headers)
	if err != nil {
		return nil, err
	}
	proxy, err := newProxy(c.Policy.Proxy, c.Credentials)
	if err != nil {
		return nil, err
	}
	cookies, err := newCookies()
	if err != nil {
		return nil, err
	}
	policy := withDefaults(c.Policy)
	f := &Fetcher{
		policy: policy, userAgent: []string{policy.UserAgent}, headers: headers, trusted: c.Trusted,
		credentials: c.Credentials, cookies: cookies,
		dialer: &dialer{
			guard: c.Guard, pins: c.Pins, limit: policy.Timeouts.Connect, proxy: proxy, insecure: policy.Insecure,
			tls: &tls.Config{RootCAs: c.Roots}, certs: &certificates{}, http1: &hostSet{},
		},
	}
	perPlace := min(max(c.Concurrency, policy.Concurrency, minIdlePerHost), maxIdlePerHost)
	f.transport = newTransport(f.dialer, perPlace)
	f.http1 = http1{dialer: f.dialer, idle: shelf{perPlace: perPlace}}
	f.collectors.seam = seam{f.transport}
	return f, nil
}

// withDefaults fills in the limits that a policy leaves open.
func withDefaults(p sonde.Policy) sonde.Policy {
	d := sonde.DefaultPolicy()
	for _, limit := range []struct {
		is       *time.Duration
		fallback time.Duration
	}{
		{&p.Timeouts.Connect, d.Timeouts.Connect},
		{&p.Timeouts.FirstByte, d.Timeouts.FirstByte},
		{&p.Timeouts.Idle, d.Timeouts.Idle},
		{&p.Timeouts.Total, d.Timeouts.Total},
	} {
		if *limit.is <= 0 {
			*limit.is = limit.fallback
		}
	}
	if p.MaxBody <= 0 {
		p.MaxBody = d.MaxBody
	}
	if p.UserAgent == "" {
		p.UserAgent = defaultUserAgent
	}
	return p
}

// Limits of the transport.
const (
	maxHeaderBytes = 256 << 10
	minIdlePerHost = 64 // idle connections kept to one place, whatever the concurrency
	maxIdlePerHost = 512
	maxIdleInAll   = 1_024
	idleTime       = 60 * time.Second
	streamWindow   = 1 << 20 // HTTP/2: received and not read yet, of one stream
	lineWindow     = 3 << 20 // of one connection
	pingAfter      = 15 * time.Second
)

// newTransport is net/http's transport over our dialer, with so many idle connections to
// one place.
func newTransport(d *dialer, perPlace int) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Transport{
		Proxy:                  d.proxy.forward,
		DialContext:            d.dialPlain,
		DialTLSContext:         d.dialTLS,
		DisableCompression:     true, // we undo codings ourselves, within limits
		MaxIdleConns:           maxIdleInAll,
		MaxIdleConnsPerHost:    perPlace,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: maxHeaderBytes,
		Protocols:              &protocols,
		ForceAttemptHTTP2:      true,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream:     streamWindow,
			MaxReceiveBufferPerConnection: lineWindow,
			SendPingTimeout:               pingAfter,
			PingTimeout:                   pingAfter,
		},
	}
}

// Close ends the idle connections and waits for dials that nobody waits for any
// more. No request may be under way.
func (f *Fetcher) Close() {
	f.transport.CloseIdleConnections()
	f.http1.idle.close()
	f.dialer.open.Wait()
}

// Do makes one attempt: no retries (except that a request on a connection which
// the peer closed meanwhile goes out again on another), and redirects are told, not
// followed.
func (f *Fetcher) Do(ctx context.Context, r Request) Answer {
	started := time.Now()
	t, err := locate(r.URL)
	if err != nil {
		return Answer{Failure: sonde.Malformation, Detail: sonde.Tidy("reading the URL: " + err.Error())}
	}
	forwarded := t.scheme == "http" && f.dialer.proxy.forwards()
	x := &exchange{fetcher: f, request: r, target: t, url: t.url(forwarded), started: started}
	err = f.collectors.send(ctx, x, f.header(r, t, x.url))
	switch {
	case ctx.Err() != nil && x.answer.Failure != sonde.NoFailure, ctx.Err() != nil && x.answer.Fetch == nil:
		return Answer{Detail: "the run ended before the answer"}
	case err != nil && x.answer.Fetch == nil && x.answer.Failure == sonde.NoFailure:
		return Answer{Failure: sonde.Malformation, Detail: sonde.Tidy("preparing the request: " + err.Error())}
	}
	return x.answer
}

// Lookup returns the addresses of a host as dialling finds them, for those who
// authorise seeds. The error says why there are none.
func (f *Fetcher) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return f.dialer.lookup(ctx, host)
}
