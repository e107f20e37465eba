package scan

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"testing"

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

var _ = strconv.Itoa
var _ = context.Canceled

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
