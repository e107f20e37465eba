package inspect

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sonde"
	"sonde/internal/pki"
)

// A place is a server on loopback that a test asks.
type place struct {
	listener net.Listener
	handlers sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool
	count    int
}

// serve hands every connection to handle, which is closed when it returns. All has ended
// when the test has.
func serve(t testing.TB, handle func(net.Conn)) *place {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &place{listener: l, open: map[net.Conn]bool{}}
	p.handlers.Go(func() { p.accept(handle) })
	t.Cleanup(p.close)
	return p
}

func (p *place) accept(handle func(net.Conn)) {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.keep(c, true)
		p.handlers.Go(func() {
			defer p.keep(c, false)
			defer c.Close()
			handle(c)
		})
	}
}

func (p *place) keep(c net.Conn, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if open {
		p.count++
		p.open[c] = true
	} else {
		delete(p.open, c)
	}
}

func (p *place) close() {
	p.listener.Close()
	p.mu.Lock()
	for c := range p.open {
		c.Close()
	}
	p.mu.Unlock()
	p.handlers.Wait()
}

func (p *place) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// serveTLS shakes hands and then reads until the other side is gone.
func serveTLS(t testing.TB, config *tls.Config) *place {
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

func (p *place) dial(ctx context.Context) (net.Conn, error) {
	return dialling(p.listener.Addr().String())(ctx)
}

// inspect asks a place, with time enough for a machine that is busy.
func (p *place) inspect(t testing.TB, q Question) sonde.TLSFacts {
	t.Helper()
	q.Dial = p.dial
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
