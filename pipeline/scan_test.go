package pipeline

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"sonde"
	"sonde/netprobe/scan"
	"sonde/store"
)

// TestOnlyHostsInScopeAreScanned holds that no port of a third party, and no private
// address that nobody typed or allowed, is ever a target.
func TestOnlyHostsInScopeAreScanned(t *testing.T) {
	answer := func(host, kind, address string) sonde.DNSAnswer {
		return sonde.DNSAnswer{Host: host, Type: kind, Records: []sonde.DNSRecord{{Name: host, Type: kind, Value: address}}}
	}
	hosts := []store.MetHost{
		{Name: "www.h.test", InScope: true}, {Name: "intranet.h.test", InScope: true}, {Name: "typed.h.test", InScope: true},
		{Name: "other.test"}, {Name: "127.0.0.1", InScope: true}, {Name: "169.254.169.254", InScope: true}, {Name: "localhost", InScope: true},
	}
	answers := []sonde.DNSAnswer{
		answer("www.h.test", "A", "203.0.114.1"), answer("www.h.test", "AAAA", "2a00::1"), answer("www.h.test", "MX", "10 mail.h.test"),
		answer("intranet.h.test", "A", "10.0.0.1"), answer("typed.h.test", "A", "10.0.0.2"), answer("other.test", "A", "203.0.114.2"),
	}
	site := sonde.Site{Seeds: []string{"http://typed.h.test/", "http://localhost:8080/"}}
	for _, c := range []struct {
		name   string
		change func(*sonde.Policy)
		want   string
	}{
		{"as usual", func(*sonde.Policy) {}, "www.h.test 203.0.114.1, www.h.test 2a00::1, typed.h.test 10.0.0.2, localhost 127.0.0.1"},
		{"a network is allowed", func(p *sonde.Policy) { p.AllowNets = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} },
			"www.h.test 203.0.114.1, www.h.test 2a00::1, intranet.h.test 10.0.0.1, typed.h.test 10.0.0.2, localhost 127.0.0.1"},
		{"through a proxy", func(p *sonde.Policy) { p.Proxy = "http://proxy.test:3128" }, ""},
	} {
		site.Policy = sonde.DefaultPolicy()
		c.change(&site.Policy)
		var got []string
		for _, target := range (Order{Site: site}).targets(hosts, answers) {
			got = append(got, fmt.Sprintf("%s %s", target.Host, target.Address))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, strings.Join(got, ", "), c.want)
		}
	}
}

// TestScanningTellsWhoAnswers has the ports of a target asked: what is open is known by
// what it says.
func TestScanningTellsWhoAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "SSH-2.0-OpenSSH_9.9\r\n")
			defer conn.Close()
		}
	}()
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	var told string
	o := Order{Stage: func(what string) { told = what }}
	ports, err := o.scan(t.Context(), []scan.Target{{Host: "localhost", Address: netip.MustParseAddr("127.0.0.1"), TCP: scan.Ports{port}}})
	if err != nil || len(ports) != 1 || ports[0].State != sonde.PortOpen || ports[0].Service.Name != "ssh" {
		t.Errorf("%+v (%v)", ports, err)
	}
	if told != "scanning ports, 1 of 1" {
		t.Errorf("it tells %q", told)
	}
}
