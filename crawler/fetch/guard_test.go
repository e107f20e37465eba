package fetch

import (
	"errors"
	"net/netip"
	"testing"

	"sonde"
	"sonde/internal/peer"
	"sonde/internal/suite"
)

// openGuard lets everything on this machine pass.
func openGuard() *Guard { return allowing("127.0.0.0/8", "::1/128") }

func allowing(prefixes ...string) *Guard {
	var allow []netip.Prefix
	for _, p := range prefixes {
		allow = append(allow, netip.MustParsePrefix(p))
	}
	return NewGuard(allow, nil)
}

func addrs(texts ...string) []netip.Addr {
	var list []netip.Addr
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

// TestGuardSuite asks about the addresses of the shared suite as a public crawl
// meets them.
func TestGuardSuite(t *testing.T) {
	var cases struct {
		Addresses []struct {
			IP     string
			Class  string
			Public string `json:"public_profile"`
		}
	}
	if suite.Read(t, "ssrf", &cases); len(cases.Addresses) == 0 {
		t.Fatal("the suite has no addresses")
	}
	guard := NewGuard(nil, nil)
	for _, c := range cases.Addresses {
		err := guard.Check("example.org", netip.AddrPortFrom(netip.MustParseAddr(c.IP), 80))
		if blocked := err != nil; blocked != (c.Public == "blocked") {
			t.Errorf("%s (%s): %v, want %s", c.IP, c.Class, err, c.Public)
		}
	}
}

// seeded is a guard that a seed has authorised.
func seeded(host, port string, at ...string) *Guard {
	g := NewGuard(nil, nil)
	g.Authorise(host, port, addrs(at...))
	return g
}

// listening is a guard that lets all pass but our own listener.
func listening(own string) *Guard {
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	g := NewGuard(everything, []netip.AddrPort{netip.MustParseAddrPort(own)})
	g.Authorise("localhost", "8080", addrs("127.0.0.1", "::1"))
	return g
}

var guardCases = []struct {
	name  string
	guard *Guard
	host  string
	addr  string
	pass  bool
}{
	{"public", NewGuard(nil, nil), "example.org", "1.1.1.1:80", true},
	{"public, mapped", NewGuard(nil, nil), "example.org", "[::ffff:1.1.1.1]:80", true},
	{"private", NewGuard(nil, nil), "example.org", "10.0.0.1:80", false},
	{"private, mapped", NewGuard(nil, nil), "example.org", "[::ffff:10.0.0.1]:80", false},
	{"link local with a zone", NewGuard(nil, nil), "example.org", "[fe80::1%eth0]:80", false},

	{"seed", seeded("intra.example", "80", "10.0.0.1"), "intra.example", "10.0.0.1:80", true},
	{"seed spelled otherwise", seeded("Intra.Example.", "80", "10.0.0.1"), "intra.example", "10.0.0.1:80", true},
	{"seed that is a literal", seeded("[::1]", "80", "::1"), "::1", "[::1]:80", true},
	{"seed moved within its class", seeded("intra.example", "80", "10.0.0.1"), "intra.example", "10.0.0.2:80", true},
	{"seed's address by another name", seeded("intra.example", "80", "10.0.0.1"), "10.0.0.1", "10.0.0.1:80", true},
	{"seed's address, mapped", seeded("intra.example", "80", "10.0.0.1"), "x", "[::ffff:10.0.0.1]:80", true},
	{"seed's host on another port", seeded("intra.example", "80", "10.0.0.1"), "intra.example", "10.0.0.1:22", false},
	{"seed's neighbour", seeded("intra.example", "80", "10.0.0.1"), "other.example", "10.0.0.2:80", false},
	{"public seed that turns private", seeded("example.org", "80", "1.1.1.1"), "example.org", "127.0.0.1:80", false},
	{"seed with both", seeded("example.org", "80", "1.1.1.1", "10.0.0.1"), "example.org", "10.0.0.1:80", true},
	{"seed with no address", seeded("example.org", "80"), "example.org", "127.0.0.1:80", false},
	{"seed that is metadata", seeded("169.254.169.254", "80", "169.254.169.254"), "169.254.169.254", "169.254.169.254:80", false},
	{"private seed that turns to metadata", seeded("intra.example", "80", "10.0.0.1"), "intra.example", "169.254.169.254:80", false},
	{"seed with a port that is none", seeded("intra.example", "http", "10.0.0.1"), "intra.example", "10.0.0.1:80", false},

	{"allowed net", allowing("10.0.0.0/8"), "x", "10.9.8.7:80", true},
	{"allowed net, mapped", allowing("::ffff:10.0.0.0/104"), "x", "10.9.8.7:80", true},
	{"outside the allowed net", allowing("10.0.0.0/8"), "x", "192.168.0.1:80", false},
	{"allowed net around metadata", allowing("169.254.0.0/16"), "x", "169.254.169.254:80", false},
	{"metadata by exact address", allowing("169.254.169.254/32"), "x", "169.254.169.254:80", true},
	{"metadata by exact address, IPv6", allowing("fd00:ec2::254/128"), "x", "[fd00:ec2::254]:80", true},
	{"allowed address inside NAT64", allowing("10.0.0.0/8"), "x", "[64:ff9b::a00:1]:80", false},
	{"allowed link local with a zone", allowing("fe80::/10"), "x", "[fe80::1%eth0]:80", true},

	{"own listener", listening("127.0.0.1:8080"), "localhost", "127.0.0.1:8080", false},
	{"own listener, mapped", listening("127.0.0.1:8080"), "localhost", "[::ffff:127.0.0.1]:8080", false},
	{"beside the own listener", listening("127.0.0.1:8080"), "localhost", "127.0.0.1:8081", true},
	{"own listener everywhere", listening("0.0.0.0:8080"), "localhost", "127.0.0.2:8080", false},
	{"own listener everywhere, IPv6", listening("[::]:8080"), "localhost", "[::1]:8080", false},
	{"elsewhere on its port", listening("[::]:8080"), "example.org", "1.1.1.1:8080", true},
}

func TestGuardCheck(t *testing.T) {
	for _, test := range guardCases {
		t.Run(test.name, func(t *testing.T) {
			err := test.guard.Check(test.host, netip.MustParseAddrPort(test.addr))
			if (err == nil) != test.pass {
				t.Errorf("Check(%s, %s) = %v, want pass %t", test.host, test.addr, err, test.pass)
			}
			if blocked, ok := errors.AsType[*BlockedError](err); err != nil && (!ok || blocked.Why == "" || blocked.Host != test.host) {
				t.Errorf("the error does not tell: %#v", err)
			}
		})
	}
}

// TestGuardTyped: a proxy may be anywhere but at our own listener.
func TestGuardTyped(t *testing.T) {
	g := NewGuard(nil, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8080")})
	if err := g.checkTyped("localhost", netip.MustParseAddrPort("127.0.0.1:3128")); err != nil {
		t.Error(err)
	}
	if err := g.checkTyped("localhost", netip.MustParseAddrPort("127.0.0.1:8080")); err == nil {
		t.Error("our own listener passed as a proxy")
	}
}

// TestGuardRefusesBeforeTheDial: a page that leads to this machine causes no
// connection at all (D20).
func TestGuardRefusesBeforeTheDial(t *testing.T) {
	server := peer.Serve(t, answerWith("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	f, err := New(Config{Policy: sonde.DefaultPolicy(), Guard: NewGuard(nil, nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	port := server.Addr().Port()
	for _, host := range []string{"127.0.0.1", "localhost", "www.localhost", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]"} {
		a := f.Do(t.Context(), Request{URL: sprintf("http://%s:%d/", host, port), Use: sonde.Read})
		if a.Failure != sonde.Forbidden || a.Fetch != nil {
			t.Errorf("%s: failure %q, fetch %v; want %q and none", host, a.Failure, a.Fetch, sonde.Forbidden)
		}
	}
	a := f.Do(t.Context(), Request{URL: "http://169.254.169.254/latest/meta-data/", Use: sonde.Read})
	if a.Failure != sonde.Forbidden {
		t.Errorf("metadata: failure %q, want %q", a.Failure, sonde.Forbidden)
	}
	if n := server.Connections(); n != 0 {
		t.Errorf("%d connections reached the listener, want none", n)
	}
}
