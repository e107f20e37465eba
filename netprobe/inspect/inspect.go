// Package inspect asks a place about its TLS: which versions, suites and key exchange
// groups it takes, which chain of certificates it shows, and whether a client of today
// would be content with it. What is bad is a fact to be told, not an error.
//
//	facts, err := inspect.TLS(ctx, inspect.Question{
//		Host: "mail.example.org", StartTLS: "smtp",
//		Dial: func(ctx context.Context) (net.Conn, error) {
//			return new(net.Dialer).DialContext(ctx, "tcp", "192.0.2.25:25")
//		},
//	})
//
// [TLS] asks with many short connections, one after the other in each version. Whoever
// has shaken hands already puts that one connection into words with [Facts], and
// [StartTLS] takes a connection to where a handshake can begin.
//
//   - inspect.go: the question, and the order in which it is asked
//   - shake.go: one handshake as clients of today make it, by crypto/tls
//   - offers.go: what the place takes, asked with hellos made by hand
//   - hello.go, flight.go: those hellos, and what is answered in the clear
//   - ciphers.go: the suites and their names
//   - starttls.go: the ways from a protocol to TLS
//   - facts.go: a handshake in words, with verdict and OCSP staple
package inspect

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sonde"
)

// Question says which place to inspect, and how.
type Question struct {
	Host string // the name that is asked for and that the certificate is to be for, ASCII, or an address
	// Dial opens one more connection to the place. It is called from several goroutines.
	Dial func(context.Context) (net.Conn, error)

	StartTLS    string         // the protocol to upgrade from, one of [Protocols]; "": TLS from the first byte
	ALPN        []string       // protocols to offer (RFC 7301); nil: "h2" and "http/1.1", and nothing with StartTLS
	Roots       *x509.CertPool // the authorities to trust; nil: the system's
	Limit       time.Duration  // for each connection; 0: 5 s
	Connections int            // at most, in all; 0: 200
}

// Limits where the question sets none.
const (
	defaultLimit       = 5 * time.Second
	defaultConnections = 200
)

func (q Question) withDefaults() Question {
	q.Host = strings.TrimSuffix(strings.Trim(q.Host, "[]"), ".")
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	if q.Connections <= 0 {
		q.Connections = defaultConnections
	}
	if q.ALPN == nil && q.StartTLS == "" {
		q.ALPN = []string{"h2", "http/1.1"}
	}
	return q
}

// serverName is what the hello names (RFC 6066, section 3): addresses are not named.
func (q Question) serverName() string {
	if _, err := netip.ParseAddr(q.Host); err == nil {
		return ""
	}
	return q.Host
}

// TLS inspects a place. Whatever is wrong with the place stands in the facts: where
// nobody speaks TLS, Failure and Detail say why. The error is for a question that
// cannot be asked, or that of ctx; the facts then hold what was learnt before.
func TLS(ctx context.Context, q Question) (sonde.TLSFacts, error) {
	if q.StartTLS != "" && !slices.Contains(Protocols(), q.StartTLS) {
		return sonde.TLSFacts{}, fmt.Errorf("inspecting TLS: no way is known from %q to TLS; there are: %s", q.StartTLS, strings.Join(Protocols(), ", "))
	}
	p := &probe{Question: q.withDefaults()}
	p.left.Store(int64(p.Connections))
	facts := p.shake(ctx)
	if hopeless(facts.Failure) || ctx.Err() != nil {
		return facts, ctx.Err()
	}
	p.offers(ctx, &facts)
	if facts.Version == "" {
		p.oldFacts(ctx, &facts)
	}
	explain(&facts)
	return facts, ctx.Err()
}

// hopeless reports whether the first handshake has shown that there is nothing to ask.
func hopeless(f sonde.Failure) bool {
	switch f {
	case sonde.NoFailure, sonde.Handshake, sonde.Reset:
		return false
	}
	return f.Outcome() != sonde.TLSError || f == sonde.NotTLS
}

// explain says of a place that refuses clients of today what it is that keeps them out,
// where the offers tell.
func explain(facts *sonde.TLSFacts) {
	if facts.Failure != sonde.Handshake || len(facts.Offers) == 0 {
		return
	}
	newest := facts.Offers[len(facts.Offers)-1]
	switch {
	case newest.Version < "TLS 1.2": // SSLv3 too
		facts.Detail = fmt.Sprintf("it speaks %s at most, and clients of today ask for TLS 1.2 or newer", newest.Version)
	case newest.Version == "TLS 1.2" && !slices.ContainsFunc(newest.Ciphers, current):
		facts.Detail = sonde.Tidy("it takes only suites that clients of today no longer offer: " + strings.Join(newest.Ciphers, ", "))
	}
}
