package resolve

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sonde"
)

// FuzzReply holds that whatever a server sends for a question is refused, or becomes an
// answer of bounded length about that question.
func FuzzReply(f *testing.F) {
	q := question{"www.test", "A"}
	asks := q.pack(nil, 7, manner{recurse: true})
	f.Add(replyTo(asks, 1, recordA))
	f.Add(replyTo(asks, 1, toItself))
	f.Add(replyTo(asks, 2, asked+"\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x03\x01b\x00", cname("b", "c")))
	f.Fuzz(func(t *testing.T, message []byte) {
		r, err := q.read(bytes.Clone(message), 7)
		if err != nil {
			return
		}
		a := q.answer(r)
		if (a.Failure == sonde.NoFailure) != (a.RCode == "NOERROR" && holds(a, "A")) {
			t.Errorf("failure %q with %+v", a.Failure, a.Records)
		}
		if strings.ContainsAny(a.Detail, "\x00\x1b\n") {
			t.Errorf("the detail %q controls a terminal", a.Detail)
		}
		(&walk{private: true}).referral(".", q, r)
	})
}

func holds(a sonde.DNSAnswer, kind string) bool {
	for _, r := range a.Records {
		if r.Type == kind {
			return true
		}
	}
	return false
}

// FuzzBriefReply holds that a reply which is read the quick way says what it says read the
// other.
func FuzzBriefReply(f *testing.F) {
	for _, kind := range []string{"A", "AAAA", "MX"} {
		q := question{"www.test", kind}
		asks := q.pack(nil, 7, manner{recurse: true})
		f.Add(kind, replyTo(asks, 1, recordA))
		f.Add(kind, replyTo(asks, 2, recordA, recordA))
		extended := replyTo(asks, 1, asked+"\x00\x1c\x00\x01\xff\x00\x00\x00\x00\x10", strings.Repeat("\x20\x01", 8), string(asks[len(asks)-bareOPT:]))
		extended[headerSize-1] = 1
		f.Add(kind, extended)
	}
	f.Fuzz(func(t *testing.T, kind string, message []byte) {
		if !slices.Contains(Types, kind) {
			return
		}
		q := question{"www.test", kind}
		quick, ok := q.brief(bytes.Clone(message), q.pack(nil, 7, manner{recurse: true}))
		if !ok {
			return
		}
		r, err := q.read(message, 7)
		if err != nil {
			t.Fatalf("it is refused: %v", err)
		}
		if whole := q.answer(r); !reflect.DeepEqual(quick, whole) {
			t.Errorf("read quickly it is\n%+v, else\n%+v", quick, whole)
		}
	})
}

// FuzzSystemFiles holds that what stands in the system's files leads to names and
// addresses that can be asked for.
func FuzzSystemFiles(f *testing.F) {
	f.Add([]byte("nameserver 192.0.2.1\nsearch a.test b.test\noptions timeout:1 attempts:3"))
	f.Add([]byte("127.0.0.1 localhost\n::1 ip6-localhost # both"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := readResolvConf(text)
		if n := len(c.servers); n == 0 || n > maxNameservers || len(c.search) > maxSearch || c.timeout <= 0 || c.timeout > maxTimeout || c.tries < 1 || c.tries > maxTries {
			t.Errorf("%+v", c)
		}
		for name, addresses := range readHosts(text).addresses {
			if again, err := Name(name); err != nil || again != name || len(addresses) == 0 {
				t.Errorf("the name %q has %d addresses (%v)", name, len(addresses), err)
			}
		}
	})
}

// FuzzName holds that what is taken as a name can be asked for, and stays what it is.
func FuzzName(f *testing.F) {
	for _, text := range []string{"example.org", "Bücher.example", "a..b", "_x.test."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := Name(text)
		if err != nil {
			return
		}
		if again, err := Name(name); again != name || err != nil {
			t.Errorf("Name(%q) is %q, and of that %q (%v)", text, name, again, err)
		}
		q := question{orElse(strings.TrimSuffix(name, "."), "."), "A"}
		message := q.pack(nil, 1, manner{})
		if len(message) > maxQuestion {
			t.Errorf("a question about %q has %d bytes", name, len(message))
		}
		message[2] |= 0x80
		if _, err := q.read(message, 1); err != nil {
			t.Errorf("a question about %q is not read again: %v", name, err)
		}
	})
}
