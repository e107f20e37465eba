//go:build linux

package identify

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"sonde"
	"sonde/internal/daemons"
)

// TestDaemons asks real servers, all at once, on ports that say nothing. Service,
// product and version must be right, the version that of the Debian package, and where
// TLS is spoken or offered its certificate must be known.
func TestDaemons(t *testing.T) {
	started := daemons.Start(t, daemons.Names()...)
	services := askAll(t, started)
	for i, d := range started {
		got := services[i]
		t.Logf("%-12s %-20s %-12s TLS %-5v StartTLS %v", got.Name, got.Product, got.Version, got.TLS != nil, got.StartTLS)
		if got.Name != d.Service || got.Product != d.Product || got.Version != d.Version {
			t.Errorf("got %q %q %q, want %q %q %q; banner %q", got.Name, got.Product, got.Version, d.Service, d.Product, d.Version, got.Banner)
		}
		if secure := got.TLS != nil && got.TLS.Certificate != nil; secure != (d.TLS || d.StartTLS) || got.StartTLS != d.StartTLS {
			t.Errorf("%s: TLS %+v, StartTLS %v", d.Service, got.TLS, got.StartTLS)
		}
	}
}

// BenchmarkDaemons measures how long it takes to identify all of them together.
func BenchmarkDaemons(b *testing.B) {
	started := daemons.Start(b, daemons.Names()...)
	for b.Loop() {
		askAll(b, started)
	}
}

// askAll asks all at once.
func askAll(t testing.TB, started []daemons.Daemon) []sonde.Service {
	services := make([]sonde.Service, len(started))
	var all sync.WaitGroup
	for i, d := range started {
		all.Go(func() { services[i] = askDaemon(t, d) })
	}
	all.Wait()
	return services
}

// askDaemon asks on TCP or UDP.
func askDaemon(t testing.TB, d daemons.Daemon) sonde.Service {
	if d.UDP {
		return askDatagram(t, d.Address)
	}
	dial := func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", d.Address)
	}
	conn, err := dial(t.Context())
	if err != nil {
		t.Error(err)
		return sonde.Service{}
	}
	return Service(t.Context(), conn, Hints{Host: daemons.CertificateName, Dial: dial})
}

// askDatagram asks one question after the other until one is answered.
func askDatagram(t testing.TB, address string) sonde.Service {
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Error(err)
		return sonde.Service{}
	}
	defer conn.Close()
	for _, question := range Questions(0) {
		conn.SetDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(conn, "%s", question)
		answer := make([]byte, 64<<10)
		if n, err := conn.Read(answer); err == nil {
			return Reply(question, answer[:n])
		}
	}
	return sonde.Service{}
}
