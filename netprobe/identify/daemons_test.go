//go:build linux

package identify

import (
	"context"
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
	services := askAll(t, started, Limits{Guess: 30 * time.Second, Answer: 30 * time.Second, Total: 2 * time.Minute})
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
		askAll(b, started, Limits{})
	}
}

// askAll asks all at once. A machine that is busy needs limits to match.
func askAll(t testing.TB, started []daemons.Daemon, l Limits) []sonde.Service {
	services := make([]sonde.Service, len(started))
	var all sync.WaitGroup
	for i, d := range started {
		all.Go(func() { services[i] = askDaemon(t, d, l) })
	}
	all.Wait()
	return services
}

// askDaemon asks on TCP or UDP.
func askDaemon(t testing.TB, d daemons.Daemon, l Limits) sonde.Service {
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
	return Service(t.Context(), conn, Hints{Host: daemons.CertificateName, Dial: dial, Limits: l})
}

// askDatagram asks all questions at once, and reads the first answer to one of them.
func askDatagram(t testing.TB, address string) sonde.Service {
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Error(err)
		return sonde.Service{}
	}
	defer conn.Close()
	questions := Questions(0)
	for _, question := range questions {
		conn.Write(question)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, 64<<10)
	for {
		n, err := conn.Read(answer)
		if err != nil {
			t.Errorf("%s answers nothing that is known: %v", address, err)
			return sonde.Service{}
		}
		for _, question := range questions {
			if service := Reply(question, answer[:n]); service.Name != "" {
				return service
			}
		}
	}
}
