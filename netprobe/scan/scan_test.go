package scan

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sonde"
)

// listenOn listens on a free port of an address and answers nothing.
func listenOn(t *testing.T, address string) (net.Listener, uint16) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener, netip.MustParseAddrPort(listener.Addr().String()).Port()
}

// scanned is what a scan of one target reports.
func scanned(t *testing.T, c Config, targets ...Target) []sonde.Port {
	t.Helper()
	c.Warn = func(sentence string) { t.Log(sentence) }
	var ports []sonde.Port
	if err := Run(t.Context(), c, slices.Values(targets), func(p sonde.Port) { ports = append(ports, p) }); err != nil {
		t.Fatal(err)
	}
	return ports
}

// answerUDP echoes datagrams.
func answerUDP(t *testing.T, at netip.AddrPort) uint16 {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteToUDPAddrPort(buffer[:n], from)
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

var loopback = netip.MustParseAddr("127.0.0.1")

// TestHandOver holds that who answers is asked on the connection that found the port
// open, and on no other.
func TestHandOver(t *testing.T) {
	listener, number := listenOn(t, "127.0.0.1:0")
	accepted := make(chan int, 1)
	go func() {
		count := 0
		for {
			conn, err := listener.Accept()
			if err != nil {
				accepted <- count
				return
			}
			count++
			_, _ = io.WriteString(conn, "welcome")
			conn.Close()
		}
	}()
	open := func(_ context.Context, conn net.Conn, port sonde.Port, _ func(context.Context) error) sonde.Service {
		said, err := io.ReadAll(conn)
		if err != nil || port.Number != number || port.State != sonde.PortOpen {
			t.Errorf("port %d, %s, says %q, %v", port.Number, port.State, said, err)
		}
		return sonde.Service{Banner: string(said)}
	}
	ports := scanned(t, Config{Open: open}, Target{Host: "here.example", Address: loopback, TCP: Ports{number}})
	listener.Close()
	if count := <-accepted; count != 1 || len(ports) != 1 || ports[0].Service.Banner != "welcome" || ports[0].Host != "here.example" {
		t.Errorf("after %d connections it is %+v", count, ports)
	}
}

// TestDatagrams holds that a silent UDP port is asked the other questions too, and that
// the reply is told with the question that it answers.
func TestDatagrams(t *testing.T) {
	number := answerUDP(t, netip.AddrPortFrom(loopback, 0))
	config := Config{
		Questions: func(uint16) [][]byte { return [][]byte{[]byte("who?")} },
		Reply: func(question, answer []byte) sonde.Service {
			return sonde.Service{Name: "echo", Banner: string(question) + string(answer)}
		},
	}
	ports := scanned(t, config, Target{Address: loopback, UDP: Ports{number}})
	if len(ports) != 1 || ports[0].Reason != sonde.ByReply || ports[0].Service.Banner != "who?who?" {
		t.Errorf("it is %+v", ports)
	}
}

// TestOrder scans several targets at once and holds that they are reported in order.
func TestOrder(t *testing.T) {
	_, number := listenOn(t, "127.0.0.1:0")
	var targets []Target
	for a := netip.MustParseAddr("127.0.0.1"); len(targets) < 300; a = a.Next() {
		targets = append(targets, Target{Host: a.String(), Address: a, TCP: Ports{1}.With(number)})
	}
	ports := scanned(t, Config{Concurrency: 20}, targets...)
	if len(ports) != 600 {
		t.Fatalf("%d ports are reported, want 600", len(ports))
	}
	for i, p := range ports {
		target := targets[i/2]
		if p.Address != target.Address || p.Number != target.TCP[i%2] {
			t.Fatalf("report %d is of %s port %d, want %s port %d", i, p.Address, p.Number, target.Address, target.TCP[i%2])
		}
	}
}

// TestCancel ends a scan while somebody talks, and holds that the talk is told, and that
// what is known is reported.
func TestCancel(t *testing.T) {
	_, number := listenOn(t, "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	over := false
	open := func(ctx context.Context, _ net.Conn, _ sonde.Port, _ func(context.Context) error) sonde.Service {
		cancel()
		<-ctx.Done()
		over = true
		return sonde.Service{Name: "slow"}
	}
	var ports []sonde.Port
	target := Target{Address: loopback, TCP: Ports{number}}
	err := Run(ctx, Config{Open: open}, slices.Values([]Target{target}), func(p sonde.Port) { ports = append(ports, p) })
	if !errors.Is(err, context.Canceled) || !over || len(ports) != 1 || ports[0].Service.Name != "slow" {
		t.Errorf("it ended with %v, the talk over: %v, and reported %+v", err, over, ports)
	}
}

// TestTalksKeepThePace holds that the connections of talks count against the rates.
func TestTalksKeepThePace(t *testing.T) {
	const rate, more = 100, 10
	_, number := listenOn(t, "127.0.0.1:0")
	open := func(ctx context.Context, _ net.Conn, _ sonde.Port, admit func(context.Context) error) sonde.Service {
		start := time.Now()
		for range more {
			if err := admit(ctx); err != nil {
				t.Error(err)
			}
		}
		if passed := time.Since(start); passed < (more-1)*time.Second/rate-slack {
			t.Errorf("%d connections after %v, at %d a second", more, passed, rate)
		}
		return sonde.Service{}
	}
	for _, c := range []Config{{Open: open, Rate: rate}, {Open: open, HostRate: rate}} {
		scanned(t, c, Target{Address: loopback, TCP: Ports{number}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if slow := paceOf(0.001); slow.await(t.Context()) != nil || slow.await(ctx) == nil {
		t.Error("the end of its context does not end the wait")
	}
	for rate, want := range map[float64]int{0: maxTalks, 1: 1, 50: 10, 1e6: maxTalks} {
		if got := talksAtOnce(rate); got != want {
			t.Errorf("%d talks at once at %v a second, want %d", got, rate, want)
		}
	}
}

// TestUnreachable holds that an address to which there is no way is no error.
func TestUnreachable(t *testing.T) {
	ports := scanned(t, Config{}, Target{Address: netip.MustParseAddr("fe80::1%no-such-interface"), TCP: Ports{80}})
	if len(ports) != 1 || ports[0].State != sonde.PortFiltered || ports[0].Reason != sonde.ByUnreachable {
		t.Errorf("it is %+v", ports)
	}
}
