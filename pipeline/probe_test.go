package pipeline

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sonde"
	"sonde/netprobe/resolve"
	"sonde/store"
)

// nameServer is a DNS server on loopback that knows addresses by name; other names do
// not exist. A nil map keeps it silent.
type nameServer struct {
	address  string
	patience time.Duration // that who asks it needs

	mu    sync.Mutex
	asked []string // "TYPE name"
}

var typeNames = map[uint16]string{1: "A", 2: "NS", 15: "MX", 28: "AAAA", 257: "CAA"}

func serveNames(t *testing.T, known map[string]string) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{address: conn.LocalAddr().String(), patience: 20 * time.Second}
	if known == nil {
		s.patience = 200 * time.Millisecond
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer := s.answer(buffer[:n], known); answer != nil {
				conn.WriteTo(answer, from)
			}
		}
	})
	t.Cleanup(func() {
		conn.Close()
		serving.Wait()
	})
	return s
}

// answer answers one question (RFC 1035, section 4).
func (s *nameServer) answer(question []byte, known map[string]string) []byte {
	end := 12 + bytes.IndexByte(question[12:], 0) + 5
	var labels []string
	for rest := question[12 : end-5]; len(rest) > 0; rest = rest[1+rest[0]:] {
		labels = append(labels, string(rest[1:1+rest[0]]))
	}
	name, kind := strings.Join(labels, "."), binary.BigEndian.Uint16(question[end-4:])
	s.mu.Lock()
	s.asked = append(s.asked, typeNames[kind]+" "+name)
	s.mu.Unlock()
	if known == nil {
		return nil
	}
	answer := bytes.Clone(question[:end])
	answer[2], answer[3] = 0x81, 0x80
	clear(answer[6:12])
	address, exists := known[name]
	switch {
	case !exists:
		answer[3] |= 3
	case kind == 1:
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		answer = append(answer, netip.MustParseAddr(address).AsSlice()...)
	}
	return answer
}

// probedRun records a run in which URLs ended as the failures say, has it probed, and
// closes it.
func probedRun(t *testing.T, server *nameServer, policy sonde.Policy, ends map[string]sonde.Failure) *store.File {
	t.Helper()
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{Domain: func(host string) string {
		return host[strings.Index(host, ".")+1:]
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	site, err := file.SaveSite(sonde.Site{Name: "probed", Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	o := Order{File: file, Site: site, Resolve: resolve.Config{Server: server.address, Timeout: server.patience}}
	recording, err := o.record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for url, failure := range ends {
		if err := recording.Done(t.Context(), visitOf(url, failure)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.probe(t.Context(), recording); err != nil {
		t.Fatal(err)
	}
	if err := recording.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	return file
}

// visitOf is how a URL ended; those with a path of /out are external.
func visitOf(url string, failure sonde.Failure) sonde.Visit {
	host := strings.TrimPrefix(url, "http://")
	host = host[:strings.IndexByte(host, '/')]
	v := sonde.Visit{
		Target:  sonde.Target{URL: url, Host: host, Use: sonde.Read, By: sonde.BySeed},
		Outcome: failure.Outcome(), Failure: failure, Detail: "looking up " + host, Attempts: 1, At: time.Now(),
	}
	if strings.HasSuffix(url, "/out") {
		v.Target.Use = sonde.Check
	}
	if failure == sonde.NoFailure {
		v.Outcome, v.Detail = sonde.OK, ""
		v.Fetch = &sonde.Fetch{Status: 200, HTTPVersion: "HTTP/1.1", Remote: netip.MustParseAddrPort("192.0.2.1:80")}
	}
	return v
}

func askFile(t *testing.T, file *store.File, query string) string {
	t.Helper()
	var answer []string
	if err := file.Rows(t.Context(), query, nil, func(r store.Row) error {
		answer = append(answer, r.Text(0))
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return strings.Join(answer, "\n")
}

func TestProbingTheNamesOfARun(t *testing.T) {
	server := serveNames(t, map[string]string{"www.h.test": "192.0.2.1", "h.test": "192.0.2.2", "back.other.test": "192.0.2.3"})
	file := probedRun(t, server, sonde.DefaultPolicy(), map[string]sonde.Failure{
		"http://www.h.test/":          sonde.NoFailure,
		"http://127.0.0.1/":           sonde.NoFailure,
		"http://localhost/":           sonde.NoFailure,
		"http://fine.other.test/out":  sonde.NoFailure,
		"http://gone.other.test/out":  sonde.NXDomain,
		"http://back.other.test/out":  sonde.ServFail,
		"http://shut.other.test/out":  sonde.Refused,
		"http://quiet.other.test/out": sonde.ConnectTimeout,
	})
	want := []string{
		"A back.other.test", "A gone.other.test", "A www.h.test", "AAAA back.other.test", "AAAA gone.other.test", "AAAA www.h.test",
		"CAA h.test", "CAA www.h.test", "MX h.test", "NS h.test",
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if got := slices.Sorted(slices.Values(server.asked)); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the DNS was asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for query, want := range map[string]string{
		"SELECT value FROM dns_records WHERE host = 'www.h.test' AND type = 'A' AND current":                                          "192.0.2.1",
		"SELECT rcode FROM dns_records WHERE host = 'gone.other.test' AND type = 'A'":                                                 "NXDOMAIN",
		"SELECT addresses FROM hosts WHERE name = 'www.h.test'":                                                                       `["192.0.2.1"]`,
		"SELECT count(*) FROM pages WHERE failure IS NULL AND detail IS NOT NULL":                                                     "0",
		"SELECT detail LIKE '%other.test — confirmed: asked again at %' FROM pages WHERE host = 'gone.other.test'":                    "1",
		"SELECT detail LIKE '%— asked again at %, the name resolved to 192.0.2.3' FROM pages WHERE host = 'back.other.test'":          "1",
		"SELECT detail LIKE '%— the host answers, and nothing listens on that port' FROM pages WHERE host = 'shut.other.test'":        "1",
		"SELECT detail LIKE '%— the port is filtered or the host is down: nothing came %' FROM pages WHERE host = 'quiet.other.test'": "1",
	} {
		if got := askFile(t, file, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestProbeOffAsksNothing(t *testing.T) {
	server := serveNames(t, map[string]string{})
	policy := sonde.DefaultPolicy()
	policy.Probe = sonde.ProbeOff
	probedRun(t, server, policy, map[string]sonde.Failure{"http://www.h.test/": sonde.NXDomain})
	server.mu.Lock()
	defer server.mu.Unlock()
	if len(server.asked) > 0 {
		t.Errorf("the DNS was asked %q", server.asked)
	}
}

// TestASilentDNSEndsTheAsking holds that a name server that does not answer is asked a
// few questions, however many hosts there are, and that what is known is kept.
func TestASilentDNSEndsTheAsking(t *testing.T) {
	server := serveNames(t, nil)
	ends := map[string]sonde.Failure{}
	for i := range 200 {
		ends["http://h"+string(rune('a'+i%26))+string(rune('a'+i/26))+".other.test/out"] = sonde.DNSTimeout
	}
	file := probedRun(t, server, sonde.DefaultPolicy(), ends)
	server.mu.Lock()
	defer server.mu.Unlock()
	if len(server.asked) == 0 || len(server.asked) > 4*questionsAtOnce {
		t.Errorf("a silent name server was asked %d questions", len(server.asked))
	}
	if got := askFile(t, file, "SELECT count(*) > 0 FROM dns_records WHERE failure = 'dns_timeout' AND rcode IS NULL"); got != "1" {
		t.Error("that nobody answered is not kept")
	}
}

// TestProbingEndsWithTheRun holds that a run that was stopped is not probed.
func TestProbingEndsWithTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := Order{Site: sonde.Site{Policy: sonde.DefaultPolicy()}}
	if err := o.probe(ctx, nil); err != nil {
		t.Error(err)
	}
}
