//go:build !portable

package scan

import (
	"net/netip"
	"testing"

	"sonde"
)

// firewall has a rule for each way in which a port can keep closed.
const firewall = `nft -f - <<'RULES'
table inet test {
	chain input {
		type filter hook input priority 0
		tcp dport 101 drop
		tcp dport 102 reject with tcp reset
		tcp dport 103 reject with icmpx admin-prohibited
		tcp dport 104 reject with icmpx port-unreachable
		tcp dport 105 reject with icmpx host-unreachable
		tcp dport 106 reject with icmpx no-route
		udp dport 201 drop
		udp dport 203 reject with icmpx admin-prohibited
	}
}
RULES`

// TestStates asks ports behind a firewall, by IPv4 and IPv6.
func TestStates(t *testing.T) {
	if !isolated(t, firewall) {
		return
	}
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		t.Run(loopback, func(t *testing.T) {
			address := netip.MustParseAddr(loopback)
			_, listening := listenOn(t, netip.AddrPortFrom(address, 0).String())
			answerUDP(t, netip.AddrPortFrom(address, 204))
			ports := scanned(t, Config{}, Target{
				Host: loopback, Address: address, TCP: Ports{100, 101, 102, 103, 104, 105, 106}.With(listening),
				UDP: Ports{200, 201, 203, 204},
			})
			want := []struct {
				transport sonde.Transport
				number    uint16
				state     sonde.PortState
				reason    sonde.PortReason
			}{
				{sonde.TCP, 100, sonde.PortClosed, sonde.ByRefusal},
				{sonde.TCP, 101, sonde.PortFiltered, sonde.BySilence},
				{sonde.TCP, 102, sonde.PortClosed, sonde.ByRefusal},
				{sonde.TCP, 103, sonde.PortFiltered, sonde.ByProhibition},
				{sonde.TCP, 104, sonde.PortFiltered, sonde.ByProhibition},
				{sonde.TCP, 105, sonde.PortFiltered, sonde.ByUnreachable},
				{sonde.TCP, 106, sonde.PortFiltered, sonde.ByUnreachable},
				{sonde.TCP, listening, sonde.PortOpen, sonde.ByAccept},
				{sonde.UDP, 200, sonde.PortClosed, sonde.ByRefusal},
				{sonde.UDP, 201, sonde.PortFiltered, sonde.BySilence},
				{sonde.UDP, 203, sonde.PortFiltered, sonde.ByProhibition},
				{sonde.UDP, 204, sonde.PortOpen, sonde.ByReply},
			}
			if len(ports) != len(want) {
				t.Fatalf("%d ports are reported, want %d: %v", len(ports), len(want), ports)
			}
			for i, w := range want {
				p := ports[i]
				if p.Transport != w.transport || p.Number != w.number || p.State != w.state || p.Reason != w.reason {
					t.Errorf("%s %d is %s (%s), want %s %d %s (%s)", p.Transport, p.Number, p.State, p.Reason, w.transport, w.number, w.state, w.reason)
				}
				if p.Host != loopback || p.Address != address || p.RTT <= 0 || p.At.IsZero() {
					t.Errorf("it is reported as %+v", p)
				}
			}
		})
	}
}

// TestSelfConnect scans a port that the kernel can only connect from that port itself.
// net.Dialer, which knocks elsewhere, hides such a connection and asks for another port.
func TestSelfConnect(t *testing.T) {
	if !isolated(t, "echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range") {
		return
	}
	ports := scanned(t, Config{Retries: -1}, Target{Address: loopback, TCP: Ports{40000}})
	if len(ports) != 1 || ports[0].State != sonde.PortClosed || ports[0].Reason != sonde.BySelfConnect {
		t.Errorf("it is %+v", ports)
	}
}
