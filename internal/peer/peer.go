// Package peer makes servers for tests that behave as a test wants, connection by connection.
package peer

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

// A Peer is a server on a port of loopback.
type Peer struct {
	listener net.Listener
	accepted atomic.Int32
	serving  sync.WaitGroup
	cancel   context.CancelFunc
}

// Serve hands every connection to handle, which is closed when it returns. All has ended
// when the test has.
func Serve(t testing.TB, handle func(net.Conn)) *Peer {
	t.Helper()
	return ServeAt(t, "127.0.0.1:0", handle)
}

// ServeAt is as [Serve], at an address of the test's own.
func ServeAt(t testing.TB, address string, handle func(net.Conn)) *Peer {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p := &Peer{listener: listener, cancel: cancel}
	p.serving.Go(func() { p.accept(ctx, handle) })
	t.Cleanup(p.Close)
	return p
}

func (p *Peer) accept(ctx context.Context, handle func(net.Conn)) {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.accepted.Add(1)
		p.serving.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			handle(conn)
		})
	}
}

// Close takes it down, with all connections, and returns when their handlers have.
func (p *Peer) Close() {
	p.cancel()
	p.listener.Close()
	p.serving.Wait()
}

// Addr is where it is reached.
func (p *Peer) Addr() netip.AddrPort { return p.listener.Addr().(*net.TCPAddr).AddrPort() }

// URL is the root of an HTTP server there.
func (p *Peer) URL() string { return "http://" + p.Addr().String() + "/" }

// Connections counts those that came.
func (p *Peer) Connections() int { return int(p.accepted.Load()) }

// Dial connects to it.
func (p *Peer) Dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", p.Addr().String())
}
