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

// TestDaemons asks real servers, all at once, on ports that say nothing.
func TestDaemons(t *testing.T) {
	started := daemons.Start(t, daemons.Names()...)
	services := make([]sonde.Service, len(started))
	times := make([]time.Duration, len(started))
	var all sync.WaitGroup
	begin := time.Now()
	for i, d := range started {
		all.Go(func() {
			services[i] = askDaemon(t, d)
			times[i] = time.Since(begin)
		})
	}
	all.Wait()
	t.Logf("all in %v", time.Since(begin))
	for i, d := range started {
		got := services[i]
		t.Logf("%-12s tls=%-5v udp=%-5v %-12s %-20s %-10s %v", d.Service, d.TLS, d.UDP, got.Name, got.Product, got.Version, times[i])
		t.Logf("    %v %.80s", got.Facts, got.Banner)
		if got.Name != d.Service || got.Product != d.Product || got.Version != d.Version {
			t.Errorf("got %q %q %q, want %q %q %q; banner %q", got.Name, got.Product, got.Version, d.Service, d.Product, d.Version, got.Banner)
		}
		if secure := got.TLS != nil && got.TLS.Certificate != nil; secure != (d.TLS || d.StartTLS) || got.StartTLS != d.StartTLS {
			t.Errorf("%s: TLS %+v, StartTLS %v", d.Service, got.TLS, got.StartTLS)
		}
	}
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
