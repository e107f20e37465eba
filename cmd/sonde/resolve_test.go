package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"sonde/store"
)

// nameServer answers for a few names on loopback until the test ends: www.test has
// addresses, alias.test leads to it, 192.0.2.1 has a name, broken.test fails, and no
// other exists.
func nameServer(t *testing.T) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		question := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(question[:n]) != nil {
				continue
			}
			if reply, err := answered(m); err == nil {
				conn.WriteTo(reply, from)
			}
		}
	})
	t.Cleanup(func() {
		conn.Close()
		serving.Wait()
	})
	return conn.LocalAddr().String()
}

// answered is what nameServer sends for a question.
func answered(m dnsmessage.Message) ([]byte, error) {
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	q := m.Questions[0]
	add := func(name string, body dnsmessage.ResourceBody) {
		h := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET, TTL: 300}
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: body})
	}
	switch name := q.Name.String(); name {
	case "alias.test.", "www.test.":
		if name == "alias.test." {
			add(name, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("www.test.")})
		}
		switch q.Type {
		case dnsmessage.TypeA:
			add("www.test.", &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}})
		case dnsmessage.TypeAAAA:
			add("www.test.", &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("2001:db8::1").As16()})
		case dnsmessage.TypeTXT:
			add("www.test.", &dnsmessage.TXTResource{TXT: []string{"=cmd()\x1b[2J"}})
		}
	case "1.2.0.192.in-addr.arpa.":
		add(name, &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("www.test.")})
	case "broken.test.":
		m.RCode = dnsmessage.RCodeServerFailure
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
	return m.Pack()
}

func TestResolve(t *testing.T) {
	c := newCaller(t)
	server := nameServer(t)
	resolve := func(args ...string) ended {
		return c.sonde(append([]string{"resolve", "--server", server, "--timeout", "20s"}, args...)...)
	}
	c.wants(resolve("WWW.test", "--ndjson"), exitDone,
		`{"name":"www.test","type":"A","value":"192.0.2.1","ttl":300,"rcode":"NOERROR","server":"`+server+`","rtt_ms":`,
		`"error":null,"owner":"www.test","flags":"aa rd ra"}`, `"value":"2001:db8::1"`)
	c.wants(c.sonde("query", "SELECT host, type, value, ttl, rcode, current FROM dns_records ORDER BY type"), exitDone,
		"www.test\tA\t192.0.2.1\t300\tNOERROR\t1\nwww.test\tAAAA\t2001:db8::1\t300\tNOERROR\t1")

	e := resolve("alias.test", "--type", "CNAME,A,AAAA", "--csv", "--no-save")
	c.wants(e, exitDone, "name,type,value,ttl,rcode,server,rtt_ms,error,owner,flags\r\nalias.test,CNAME,www.test,300,", "alias.test,A,192.0.2.1,")
	if n := strings.Count(e.out, "CNAME"); n != 1 {
		t.Errorf("the alias is told %d times", n)
	}
	c.wants(resolve("www.test", "-4", "--reverse", "--no-save", "--ndjson"), exitDone, `"name":"192.0.2.1","type":"PTR","value":"www.test"`, `!"AAAA"`)
	c.wants(resolve("192.0.2.1", "--no-save"), exitDone, "PTR\twww.test")
	c.wants(resolve("www.test", "--all", "--no-save", "--ndjson"), exitDone, `"type":"SSHFP","value":null`, "www.test has no SSHFP record", `"type":"TXT","value":"\"=cmd()\\027[2J\""`)
	c.wants(resolve("alias.test", "-6", "--trace", "--no-save", "--ndjson"), exitDone, `"value":"2001:db8::1"`, `"flags":"aa ra"`)
	c.wants(resolve("gone.test", "-4", "--no-save"), exitDone, "NXDOMAIN", "the name gone.test does not exist")
	c.wants(resolve("broken.test", "-4", "--no-save"), exitError, "SERVFAIL", "asking "+server)

	c.stdin = "www.test\n\nBücher.test\n192.0.2.1\n"
	c.wants(resolve("-", "-4", "--no-save", "--ndjson"), exitDone, `"name":"xn--bcher-kva.test"`, `"type":"PTR"`)
	c.stdin = "www.test\nno name\n"
	c.wants(resolve("-", "-4", "--no-save"), exitUsage, "192.0.2.1", "standard input, line 2", `' ' cannot stand in it`)
	c.stdin = ""
	for i := range 300 {
		c.stdin += fmt.Sprintf("n%d.test\n", i)
	}
	c.wants(resolve("-", "-4", "--no-save"), exitDone, "n299.test", "300 questions in ", " a second: 0 got no answer.", "!Kept")
}

func TestResolveUsage(t *testing.T) {
	c := newCaller(t)
	for _, test := range []struct{ args, want string }{
		{"a..b", "two dots"},
		{"x.test --type MY", "--type MY: it is no type that can be asked for; did you mean MX?"},
		{"x.test --type A --all", "give one of them"},
		{"x.test -4 -6", "leave nothing"},
		{"x.test --timeout -1s", "--timeout"},
		{"x.test --concurrency 0", "--concurrency 0"},
		{"x.test --server ftp://x", `"ftp://" is no way to ask`},
		{"x.test --csv --json", "only one of"},
	} {
		c.wants(c.sonde(append([]string{"resolve", "--no-save"}, strings.Fields(test.args)...)...), exitUsage, test.want)
	}
	c.wants(c.sonde("resolve", "x.test", "--trace", "--server", "https://dns.test", "--no-save"), exitError, "a trace begins at an address")
}

// TestAskingBesideAnotherSonde holds that the network is asked while another sonde holds
// the file, and that people and scripts are told that nothing is kept.
func TestAskingBesideAnotherSonde(t *testing.T) {
	c := newCaller(t)
	server, at := nameServer(t), greeter(t, "220 mail.example ESMTP Postfix\r\n")
	file, err := store.Open(t.Context(), c.path("sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, name := range []string{"www.test", "broken.test"} {
		c.wants(c.sonde("resolve", name, "-4", "--server", server), exitHeld, name+"\tA\t", "shown and not kept: another sonde writes "+c.path("sonde.db"), "is held by")
	}
	c.wants(c.sonde("probe", at.String(), "--ports", "none", "--no-tls"), exitHeld, "\tsmtp\tPostfix", "not kept", "is held by", "!Kept in")
	c.wants(c.sonde("resolve", "www.test", "-4", "--server", server, "--no-save"), exitDone, "192.0.2.1", "!held")
}
