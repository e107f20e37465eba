package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"sonde"
	"sonde/internal/peer"
)

// A zone answers the questions of a test.
type zone struct {
	mu    sync.Mutex
	names map[string]func() records // by name without the root dot; others do not exist
}

// records are the answer to a question: addresses, or a code.
type records struct {
	code      dnsmessage.RCode
	addrs     []netip.Addr
	silent    bool // no answer at all
	truncated bool
}

func always(r records) func() records { return func() records { return r } }

// serveDNS answers over UDP and returns a resolver that asks there.
func serveDNS(t *testing.T, z *zone) resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { z.serve(server) })
	t.Cleanup(func() { server.Close(); serving.Wait() })
	return resolver{dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.LocalAddr().String())
	}}
}

func (z *zone) serve(server net.PacketConn) {
	question := make([]byte, 4096)
	for {
		n, from, err := server.ReadFrom(question)
		if err != nil {
			return
		}
		if reply := z.reply(question[:n]); reply != nil {
			server.WriteTo(reply, from)
		}
	}
}

func (z *zone) reply(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	z.mu.Lock()
	answer := z.names[strings.TrimSuffix(q.Name.String(), ".")]
	z.mu.Unlock()
	r := records{code: dnsmessage.RCodeNameError}
	if answer != nil {
		r = answer()
	}
	if r.silent {
		return nil
	}
	m.Response, m.RecursionAvailable, m.RCode, m.Additionals, m.Truncated = true, true, r.code, nil, r.truncated
	for _, a := range r.addrs {
		if a.Is4() == (q.Type == dnsmessage.TypeA) {
			m.Answers = append(m.Answers, resource(q, a))
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

func resource(q dnsmessage.Question, a netip.Addr) dnsmessage.Resource {
	r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}}
	if a.Is4() {
		r.Body = &dnsmessage.AResource{A: a.As4()}
	} else {
		r.Body = &dnsmessage.AAAAResource{AAAA: a.As16()}
	}
	return r
}

// askedZone has a name for each way in which name servers answer.
func askedZone() *zone {
	many := make([]netip.Addr, 24)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
	}
	return &zone{names: map[string]func() records{
		"good.example":      always(records{addrs: addrs("192.0.2.1", "2001:db8::1")}),
		"many.example":      always(records{addrs: many}),
		"empty.example":     always(records{}),
		"broken.example":    always(records{code: dnsmessage.RCodeServerFailure}),
		"refused.example":   always(records{code: dnsmessage.RCodeRefused}),
		"silent.example":    always(records{silent: true}),
		"truncated.example": always(records{truncated: true}),
		"hidden.onion":      always(records{addrs: addrs("192.0.2.1")}),
		"evil.localhost":    always(records{addrs: addrs("192.0.2.1")}),
	}}
}

// TestLookup holds which failure belongs to what name servers say (J01).
func TestLookup(t *testing.T) {
	r := serveDNS(t, askedZone())
	tests := []struct {
		host    string
		count   int
		failure sonde.Failure
	}{
		{"good.example", 2, ""},
		{"GOOD.example.", 2, ""},
		{"many.example", maxAddresses, ""},
		{"gone.example", 0, sonde.NXDomain},
		{"empty.example", 0, sonde.NoAddress},
		{"broken.example", 0, sonde.ServFail},
		{"refused.example", 0, sonde.ServFail},
		{"silent.example", 0, sonde.DNSTimeout},
		{"truncated.example", 0, sonde.ServFail},
		{"hidden.onion", 0, sonde.NXDomain},
		{"192.0.2.7", 1, ""},
		{"[2001:db8::7]", 1, ""},
		{"::ffff:192.0.2.7", 1, ""},
		{"localhost", 2, ""},
		{"evil.localhost", 2, ""},
	}
	for _, test := range tests {
		t.Run(test.host, func(t *testing.T) {
			ctx := t.Context()
			if test.failure == sonde.DNSTimeout {
				short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
				defer cancel()
				ctx = short
			}
			found, err := r.lookup(ctx, test.host)
			f, _ := errors.AsType[*failure](err)
			if f == nil {
				f = &failure{}
			}
			if len(found) != test.count || f.kind != test.failure || (err == nil) != (test.failure == "") {
				t.Fatalf("%v, %v; want %d addresses, failure %q", found, err, test.count, test.failure)
			}
			if err != nil && (!strings.Contains(f.detail, test.host) || strings.Contains(f.detail, "127.0.0.1")) {
				t.Errorf("detail %q", f.detail)
			}
			for _, a := range found {
				if strings.HasSuffix(test.host, "localhost") && !a.IsLoopback() || a.Is4In6() {
					t.Errorf("address %s", a)
				}
			}
		})
	}
}

// TestRebinding: a name that was public when it was judged, and is this machine
// when it is dialled, is not dialled (J04).
func TestRebinding(t *testing.T) {
	server := peer.Serve(t, answerWith(hello))
	var mu sync.Mutex
	private := false
	turning := func() records {
		mu.Lock()
		defer mu.Unlock()
		if private {
			return records{addrs: addrs("127.0.0.1")}
		}
		return records{addrs: addrs("192.0.9.1")}
	}
	guard := NewGuard(nil, nil)
	f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: guard})
	f.dialer.resolver = serveDNS(t, &zone{names: map[string]func() records{"rebind.example": turning}})
	port := sprintf("%d", server.Addr().Port())
	first, err := f.Lookup(t.Context(), "rebind.example")
	if err != nil || !slices.Equal(first, addrs("192.0.9.1")) {
		t.Fatal(first, err)
	}
	guard.Authorise("rebind.example", port, first)
	mu.Lock()
	private = true
	mu.Unlock()
	a := f.Do(t.Context(), Request{URL: "http://rebind.example:" + port + "/", Use: sonde.Read})
	checkAnswer(t, a, sonde.Forbidden)
	if n := server.Connections(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	for _, part := range []string{"rebind.example", "127.0.0.1:" + port} {
		if !strings.Contains(a.Detail, part) {
			t.Errorf("detail %q does not tell %s", a.Detail, part)
		}
	}
}

// TestSeedAuthorises: what the operator typed is dialled, the same machine on
// another port is not.
func TestSeedAuthorises(t *testing.T) {
	seed, other := peer.Serve(t, answerWith(hello)), peer.Serve(t, answerWith(hello))
	guard := NewGuard(nil, nil)
	guard.Authorise("localhost", sprintf("%d", seed.Addr().Port()), addrs("127.0.0.1", "::1"))
	f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: guard})
	checkAnswer(t, f.Do(t.Context(), Request{URL: sprintf("http://localhost:%d/", seed.Addr().Port())}), "")
	checkAnswer(t, f.Do(t.Context(), Request{URL: seed.URL()}), "")
	checkAnswer(t, f.Do(t.Context(), Request{URL: sprintf("http://localhost:%d/", other.Addr().Port())}), sonde.Forbidden)
	if other.Connections() != 0 {
		t.Error("the other port was dialled")
	}
}

// TestEyeballs: a name with a dead address is reached at the next (J06).
func TestEyeballs(t *testing.T) {
	server := peer.ServeAt(t, "127.0.0.2:0", answerAndHold(hello))
	port := sprintf("%d", server.Addr().Port())
	z := &zone{names: map[string]func() records{
		"refusing.example":  always(records{addrs: addrs("::1", "127.0.0.2")}),
		"forbidden.example": always(records{addrs: addrs("10.9.8.7", "127.0.0.2")}),
		"dead.example":      always(records{addrs: addrs("127.0.0.3", "::1")}),
		"mixed.example":     always(records{addrs: addrs("127.0.0.3", "10.9.8.7")}),
	}}
	f := newFetcher(t, sonde.DefaultPolicy())
	f.dialer.resolver = serveDNS(t, z)
	for host, want := range map[string]sonde.Failure{
		"refusing.example": "", "forbidden.example": "", "dead.example": sonde.Refused, "mixed.example": sonde.Forbidden,
	} {
		a := f.Do(t.Context(), Request{URL: "http://" + host + ":" + port + "/", Use: sonde.Read})
		checkAnswer(t, a, want)
		if want == "" && a.Fetch.Remote != server.Addr() {
			t.Errorf("%s: reached %s", host, a.Fetch.Remote)
		}
	}
}

// TestRaceGivesTheNextAHeadStart: an address that does not answer costs the head
// start, not the limit.
func TestRaceGivesTheNextAHeadStart(t *testing.T) {
	server := peer.Serve(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	silent := netip.MustParseAddr("127.0.0.77")
	stuck := make(chan struct{})
	a := attempt{host: "example.org", port: sprintf("%d", server.Addr().Port()), check: func(_ string, addr netip.AddrPort) error {
		if addr.Addr() == silent {
			<-stuck // as long as the handshake that nobody answers
			return errors.New("no answer")
		}
		defer close(stuck)
		return nil
	}}
	c, err := a.race(t.Context(), []netip.Addr{silent, server.Addr().Addr()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if remoteOf(c) != server.Addr() {
		t.Errorf("reached %s", c.RemoteAddr())
	}
}

func TestInterleave(t *testing.T) {
	for _, test := range []struct{ in, want []netip.Addr }{
		{addrs("::1", "::2", "::3", "1.1.1.1", "1.1.1.2"), addrs("::1", "1.1.1.1", "::2", "1.1.1.2", "::3")},
		{addrs("1.1.1.1", "::1", "::2"), addrs("1.1.1.1", "::1", "::2")},
		{addrs("1.1.1.1"), addrs("1.1.1.1")},
	} {
		if got := interleave(test.in); !slices.Equal(got, test.want) {
			t.Errorf("interleave(%v) = %v, want %v", test.in, got, test.want)
		}
	}
}
