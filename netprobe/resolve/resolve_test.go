package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sonde"
)

func TestNames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Example.ORG", "example.org"},
		{"example.org.", "example.org."},
		{".", "."},
		{"_dmarc.example.org", "_dmarc.example.org"},
		{"Bücher.example", "xn--bcher-kva.example"},
		{"faß.de", "xn--fa-hia.de"},
		{"例え.テスト", "xn--r8jz45g.xn--zckzah"},
		{strings.Repeat("a", 63) + ".test", strings.Repeat("a", 63) + ".test"},
	} {
		if got, err := Name(c.text); got != c.want || err != nil {
			t.Errorf("Name(%q) = %q, %v; want %q", c.text, got, err, c.want)
		}
	}
	for text, why := range map[string]string{
		"": "empty", "a..b": "two dots", ".a": "two dots", strings.Repeat("a", 64) + ".test": "a label has 63",
		strings.Repeat("abc.", 64) + "test": "a name has 253", "a b": "cannot stand", `a\b`: "cannot stand",
		"https://example.org/": "is a URL", "a\x00b": "cannot stand", "\u200d.test": "no name",
	} {
		if got, err := Name(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Name(%q) = %q, %v; want an error with %q", text, got, err, why)
		}
	}
}

func TestReverse(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "1.2.0.192.in-addr.arpa", "::ffff:192.0.2.1": "1.2.0.192.in-addr.arpa",
		"2001:db8::1": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	} {
		if got := Reverse(netip.MustParseAddr(address)); got != want {
			t.Errorf("Reverse(%s) = %s, want %s", address, got, want)
		}
	}
}

func TestResolvConf(t *testing.T) {
	c := readResolvConf([]byte("# comment\nnameserver 192.0.2.1 ; the first\nnameserver fe80::1%eth0\nnameserver nonsense\n" +
		"nameserver 192.0.2.3\nnameserver 192.0.2.4\ndomain old.test\nsearch corp.test Lab.Test. ..\noptions timeout:2 attempts:9 rotate ndots:5 timeout:x\nnameserver"))
	if got := fmt.Sprint(c.servers); got != "[192.0.2.1 fe80::1%eth0 192.0.2.3]" {
		t.Errorf("servers %s", got)
	}
	if !slices.Equal(c.search, []string{"corp.test", "lab.test"}) || c.timeout != 2*time.Second || c.tries != maxTries {
		t.Errorf("%+v", c)
	}
	if c := readResolvConf(nil); fmt.Sprint(c.servers) != "[127.0.0.1 ::1]" || c.timeout != 5*time.Second || c.tries != 2 {
		t.Errorf("without a file: %+v", c)
	}
}

// configured is a resolver as a system with these files has it, whose servers are at
// addresses that a test can have.
func configured(t *testing.T, resolvConf, hosts string, servers ...string) *Resolver {
	t.Helper()
	dir := t.TempDir()
	c := Config{ResolvConf: filepath.Join(dir, "resolv.conf"), HostsFile: filepath.Join(dir, "hosts"), Timeout: 5 * time.Second}
	for path, text := range map[string]string{c.ResolvConf: resolvConf, c.HostsFile: hosts} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r.ways = nil
	for _, s := range servers {
		r.ways = append(r.ways, &way{server: newDatagram(s), name: s})
	}
	t.Cleanup(r.Close)
	return r
}

func TestTheHostsFileComesFirst(t *testing.T) {
	asks := serve(t, func(_ string, q []byte) []byte { return replyTo(q, 1, recordA) })
	r := configured(t, "", "127.0.0.1 localhost\n10.0.0.1 Intranet intranet.corp.test # ours\n::2 intranet\nbad line\n", asks)
	for _, c := range []struct{ name, kind, want, resolver string }{
		{"intranet", "A", "10.0.0.1", Hosts},
		{"intranet", "AAAA", "::2", Hosts},
		{"www.localhost", "A", "127.0.0.1", Hosts},
		{"localhost", "AAAA", "::1", Hosts},
		{"10.0.0.1", "PTR", "intranet", Hosts},
		{"www.test", "A", "192.0.2.1", System},
	} {
		a := r.Ask(t.Context(), Question{c.name, c.kind})
		if len(a.Records) == 0 || a.Records[0].Value != c.want || a.Resolver != c.resolver || a.Host != c.name {
			t.Errorf("%s %s: %+v", c.name, c.kind, a)
		}
	}
	if a := r.Ask(t.Context(), Question{"x.invalid", "A"}); a.Failure != sonde.NXDomain || a.RCode != "NXDOMAIN" {
		t.Errorf("a name that never exists: %+v", a)
	}
	if a := r.Ask(t.Context(), Question{"x.onion", "A"}); a.Failure != sonde.NXDomain || !strings.Contains(a.Detail, "Tor") {
		t.Errorf("an onion service: %+v", a)
	}
}

// TestTheSearchListIsForNamesWithoutADot asks a server that knows one name.
func TestTheSearchListIsForNamesWithoutADot(t *testing.T) {
	address := serve(t, func(_ string, q []byte) []byte {
		if strings.HasPrefix(string(q[headerSize:]), "\x03www\x03lab\x04test\x00") {
			return replyTo(q, 1, recordA)
		}
		b := replyTo(q, 0)
		b[3] |= 3
		return b
	})
	r := configured(t, "search corp.test lab.test", "", address)
	if a := r.Ask(t.Context(), Question{"www", "A"}); len(a.Records) != 1 || a.Host != "www" || a.Records[0].Name != "www.lab.test" {
		t.Errorf("www: %+v", a)
	}
	for _, name := range []string{"www.", "www.corp", "other"} {
		if a := r.Ask(t.Context(), Question{name, "A"}); a.Failure != sonde.NXDomain || a.Host != strings.TrimSuffix(name, ".") {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestTheNextServerIsAsked holds that a server that refuses or does not answer is not
// the last word where there is another, and that a silent one is asked last from then
// on.
func TestTheNextServerIsAsked(t *testing.T) {
	var asked atomic.Int64
	silent := serve(t, func(string, []byte) []byte { asked.Add(1); return nil })
	refuses := serve(t, func(_ string, q []byte) []byte { b := replyTo(q, 0); b[3] |= 5; return b })
	knows := serve(t, func(_ string, q []byte) []byte { return replyTo(q, 1, recordA) })
	r := configured(t, "", "", silent, refuses, knows)
	r.config.Timeout = 300 * time.Millisecond
	for range 3 {
		if a := r.Ask(t.Context(), Question{"www.test", "A"}); len(a.Records) != 1 || a.Server != knows || a.Resolver != System {
			t.Errorf("%+v", a)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the silent server was asked %d times", asked.Load())
	}
}

func TestAllKeepsTheOrder(t *testing.T) {
	address := serve(t, func(_ string, q []byte) []byte {
		if q[headerSize+1] == 'x' {
			return nil
		}
		return replyTo(q, 1, recordA)
	})
	r, err := New(Config{Server: address, Timeout: 2 * time.Second, Tries: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const many = 3000
	questions := func(yield func(Question) bool) {
		for i := range many {
			if !yield(Question{fmt.Sprintf("n%d.test", i), "A"}) {
				return
			}
		}
	}
	next := 0
	err = r.All(t.Context(), questions, 32, func(a sonde.DNSAnswer) error {
		if want := fmt.Sprintf("n%d.test", next); a.Host != want || len(a.Records) != 1 {
			t.Fatalf("answer %d is %+v", next, a)
		}
		next++
		return nil
	})
	if err != nil || next != many {
		t.Errorf("%d answers (%v)", next, err)
	}
	enough := errors.New("enough")
	if err := r.All(t.Context(), questions, 4, func(sonde.DNSAnswer) error { return enough }); err != enough {
		t.Errorf("%v, want %v", err, enough)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waiting := func(yield func(Question) bool) {
		cancel()
		yield(Question{"x.test", "A"})
	}
	if err := r.All(ctx, waiting, 4, func(sonde.DNSAnswer) error { return nil }); err != context.Canceled {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

// TestAllSaysWhatAskSays holds that many questions get the answers that each gets alone,
// from a server that loses, cuts, forges, fails and does not know.
func TestAllSaysWhatAskSays(t *testing.T) {
	var lost sync.Map // questions of which the first was lost, by name
	kinds := []struct {
		name   string
		answer script
	}{
		{"plain", func(_ string, q []byte) []byte { return replyTo(q, 1, recordA) }},
		{"two", func(_ string, q []byte) []byte { return replyTo(q, 2, recordA, recordA) }},
		{"alias", func(_ string, q []byte) []byte {
			return replyTo(q, 2, asked+"\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x03\x01b\x00", "\x01b\x00"+recordA[len(asked):])
		}},
		{"lost", func(_ string, q []byte) []byte {
			if _, again := lost.LoadOrStore(string(q[headerSize:]), true); again {
				return replyTo(q, 1, recordA)
			}
			return nil
		}},
		{"cut", func(network string, q []byte) []byte {
			b := replyTo(q, 1, recordA)
			if network == "tcp" {
				return framed(b)
			}
			b[2] |= 2
			return b[:len(b)-3]
		}},
		{"gone", func(_ string, q []byte) []byte { b := replyTo(q, 0); b[3] |= 3; return b }},
		{"none", func(_ string, q []byte) []byte { return replyTo(q, 0) }},
		{"fails", func(_ string, q []byte) []byte { b := replyTo(q, 0); b[3] |= 2; return b }},
		{"circle", func(_ string, q []byte) []byte { return replyTo(q, 1, toItself) }},
	}
	address := serve(t, func(network string, q []byte) []byte {
		for _, k := range kinds {
			if strings.HasPrefix(string(q[headerSize+1:]), k.name) {
				return k.answer(network, q)
			}
		}
		return nil
	})
	r, err := New(Config{Server: address, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var questions []Question
	for i := range 200 {
		questions = append(questions, Question{fmt.Sprintf("%s%d.test", kinds[i%len(kinds)].name, i), "A"})
	}
	next := 0
	err = r.All(t.Context(), slices.Values(questions), 50, func(a sonde.DNSAnswer) error {
		want := r.Ask(t.Context(), questions[next])
		if a.At.IsZero() || a.RTT <= 0 {
			t.Errorf("%s: it came at %v after %v", a.Host, a.At, a.RTT)
		}
		a.At, a.RTT, want.At, want.RTT = time.Time{}, 0, time.Time{}, 0
		if !reflect.DeepEqual(a, want) {
			t.Errorf("%s: among many it is\n%+v, alone\n%+v", questions[next].Name, a, want)
		}
		next++
		return nil
	})
	if err != nil || next != len(questions) {
		t.Errorf("%d answers (%v)", next, err)
	}
}

// TestAllWhereNobodyListens holds that many questions to a closed port are all answered
// for with that.
func TestAllWhereNobodyListens(t *testing.T) {
	r, _ := unheard(t)
	n := 0
	questions := slices.Values(slices.Repeat([]Question{{"www.test", "A"}}, 300))
	err := r.All(t.Context(), questions, 50, func(a sonde.DNSAnswer) error {
		if n++; a.Failure != sonde.Refused {
			t.Errorf("answer %d is %q, %s", n, a.Failure, a.Detail)
		}
		return nil
	})
	if err != nil || n != 300 {
		t.Errorf("%d answers (%v)", n, err)
	}
}

func TestServersAsPeopleNameThem(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1:53", "192.0.2.1:5353": "192.0.2.1:5353", "2001:db8::1": "[2001:db8::1]:53",
		"[2001:db8::1]:5353": "[2001:db8::1]:5353", "[2001:db8::1]": "[2001:db8::1]:53", "ns1.example.org": "ns1.example.org:53",
		"tls://192.0.2.1": "tls://192.0.2.1:853", "tls://192.0.2.1:8853#dns.test": "tls://192.0.2.1:8853",
		"https://dns.test": "https://dns.test/dns-query", "https://dns.test/q": "https://dns.test/q",
	} {
		r, err := New(Config{Server: text})
		if err != nil || r.label != want {
			t.Errorf("%s: %v, want %s", text, err, want)
			continue
		}
		r.Close()
	}
	for _, text := range []string{"192.0.2.1:x", "192.0.2.1:0", "192.0.2.1:65536", "ftp://x", "https://", "https://me:secret@dns.test", "a b", "tls://"} {
		if _, err := New(Config{Server: text}); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
