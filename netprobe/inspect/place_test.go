package inspect

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"sonde"
	"sonde/internal/peer"
	"sonde/internal/pki"
)

// A place is a server that a test asks about its TLS.
type place struct{ *peer.Peer }

func serve(t testing.TB, handle func(net.Conn)) place { return place{peer.Serve(t, handle)} }

// serveTLS shakes hands and then reads until the other side is gone.
func serveTLS(t testing.TB, config *tls.Config) place {
	return serve(t, func(c net.Conn) { shakeHands(c, config) })
}

func shakeHands(c net.Conn, config *tls.Config) {
	secured := tls.Server(c, config)
	if secured.Handshake() == nil {
		io.Copy(io.Discard, secured)
	}
}

// dialling is a Dial that goes to an address.
func dialling(address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
}

// inspect asks a place, with time enough for a machine that is busy.
func (p place) inspect(t testing.TB, q Question) sonde.TLSFacts {
	t.Helper()
	q.Dial = p.Dial
	if q.Host == "" {
		q.Host = "localhost"
	}
	if q.Limit == 0 {
		q.Limit = time.Minute
	}
	facts, err := TLS(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// good is a root and the configuration of a server with a certificate by it.
func good(t testing.TB) (*pki.Certificate, *tls.Config) {
	t.Helper()
	root := pki.New(t, "root", nil, pki.Authority)
	leaf := pki.New(t, "leaf", root, pki.For("localhost", "127.0.0.1"))
	return root, &tls.Config{Certificates: []tls.Certificate{leaf.TLS()}}
}
