package scan

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sonde"
)

// countStates counts what ports were found to be.
func countStates(ports []sonde.Port) map[sonde.PortReason]int {
	counts := map[sonde.PortReason]int{}
	for _, p := range ports {
		counts[p.Reason]++
	}
	return counts
}

// TestNoLocalPort scans while all local ports are taken, and goes on when one is free.
func TestNoLocalPort(t *testing.T) {
	if !isolated(t, "echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range") {
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:50000")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken, err := net.Dial("tcp", "127.0.0.1:50000")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	config := Config{Warn: func(sentence string) {
		said = append(said, sentence)
		breakOff(taken)
	}}
	var ports []sonde.Port
	target := Target{Address: loopback, TCP: Ports{50000}}
	if err := Run(t.Context(), config, slices.Values([]Target{target}), func(p sonde.Port) { ports = append(ports, p) }); err != nil {
		t.Fatal(err)
	}
	if len(ports) != 1 || ports[0].State != sonde.PortOpen || len(said) != 1 || !strings.Contains(said[0], "no local port") {
		t.Errorf("it is %+v, and it was said: %q", ports, said)
	}
}

// TestFewDescriptors scans silent ports with the descriptors of a process that may open
// 64 files.
func TestFewDescriptors(t *testing.T) {
	if !isolated(t, dropping("100-299")) {
		return
	}
	limit := syscall.Rlimit{Cur: 64, Max: 64}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	_, number := listenOn(t, "127.0.0.1:0")
	var said []string
	var ports []sonde.Port
	config := Config{Retries: -1, Warn: func(sentence string) { said = append(said, sentence) }}
	target := Target{Address: loopback, TCP: span(1, 400).With(number)}
	if err := Run(t.Context(), config, slices.Values([]Target{target}), func(p sonde.Port) { ports = append(ports, p) }); err != nil {
		t.Fatal(err)
	}
	counts := countStates(ports)
	if counts[sonde.BySilence] != 200 || counts[sonde.ByRefusal] != 200 || counts[sonde.ByAccept] != 1 {
		t.Errorf("it found %v", counts)
	}
	if len(said) != 1 || !strings.Contains(said[0], "ulimit -n") {
		t.Errorf("it was said: %q", said)
	}
}

func dropping(ports string) string {
	return firewalled("tcp dport " + ports + " drop")
}

// firewalled sets up a firewall of one rule for what comes in.
func firewalled(rule string) string {
	return "nft -f - <<'RULES'\ntable inet test {\nchain input {\ntype filter hook input priority 0\n" + rule + "\n}\n}\nRULES"
}

// TestLoss scans open ports among dropped ones where one packet in 20 gets lost, some
// times over: none may be missed.
func TestLoss(t *testing.T) {
	if !isolated(t, firewalled("numgen random mod 20 0 drop\ntcp dport 1000-1799 tcp dport != { 1100, 1200, 1300, 1400, 1500 } drop")) {
		return
	}
	want := Ports{1100, 1200, 1300, 1400, 1500}
	for _, number := range want {
		listenOn(t, netip.AddrPortFrom(loopback, number).String())
	}
	for range 2 {
		var open Ports
		for _, p := range scanned(t, Config{}, Target{Address: loopback, TCP: span(800, 1799)}) {
			if p.State == sonde.PortOpen {
				open = append(open, p.Number)
			}
			if p.Number < 1000 && p.State != sonde.PortClosed {
				t.Errorf("port %d is %s (%s), want closed", p.Number, p.State, p.Reason)
			}
		}
		if !slices.Equal(open, want) {
			t.Errorf("open are %v, want %v", open, want)
		}
	}
}

// TestLimitedResets scans a host that sends no more than 500 resets a second, and drops
// what asks for more: its ports are closed all the same.
func TestLimitedResets(t *testing.T) {
	if !isolated(t, firewalled("tcp dport 1-700 limit rate 500/second burst 20 packets accept\ntcp dport 1-700 drop")) {
		return
	}
	counts := countStates(scanned(t, Config{}, Target{Address: loopback, TCP: span(1, 700)}))
	if counts[sonde.ByRefusal] != 700 {
		t.Errorf("it found %v, want 700 closed ports", counts)
	}
}
