package dashboard_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/store"
)

// probed is what probes told of a host, at an hour of one day.
type probed struct {
	hour           int
	address        string
	service        sonde.Service // on port 443
	serial         byte          // of the certificate there
	subject, mails string
}

// save has the file know what probes told.
func (p probed) save(b *board, host string) {
	b.Helper()
	at := time.Date(2026, 11, 22, p.hour, 0, 0, 0, time.UTC)
	address := netip.MustParseAddr(p.address)
	records := func(kind, value string) sonde.DNSAnswer {
		return sonde.DNSAnswer{
			Host: host, Type: kind, RCode: "NOERROR", Resolver: "system", At: at,
			Records: []sonde.DNSRecord{{Name: host, Type: kind, Value: value, TTL: time.Minute}},
		}
	}
	certificate := &sonde.Certificate{
		Subject: p.subject, Issuer: p.subject, SANs: []string{p.subject}, NotBefore: at, NotAfter: at.AddDate(0, 3, 0), Key: "Ed25519", SHA256: [32]byte{p.serial},
	}
	tls := sonde.TLSFacts{
		Version: "TLS 1.3", Certificate: certificate, Chain: []sonde.Certificate{{Subject: "CN=Middle", Issuer: "CN=Root", NotAfter: at.AddDate(1, 0, 0)}},
		Offers: []sonde.TLSOffer{{Version: "TLS 1.3", Ciphers: []string{"TLS_AES_128_GCM_SHA256"}}}, Groups: []string{"x25519"},
	}
	port := sonde.Port{
		Host: host, Address: address, Transport: sonde.TCP, Number: 443, State: sonde.PortOpen, Reason: sonde.ByAccept,
		RTT: 20 * time.Millisecond, Service: p.service, At: at,
	}
	answers := []sonde.DNSAnswer{records("A", p.address), records("TXT", p.mails)}
	if err := b.file.SaveDNS(b.Context(), answers); err != nil {
		b.Fatal(err)
	}
	if err := b.file.SavePorts(b.Context(), []sonde.Port{port}); err != nil {
		b.Fatal(err)
	}
	sighting := sonde.CertificateSighting{Host: host, Address: address, Port: 443, TLS: tls, At: at}
	if err := b.file.SaveCertificates(b.Context(), []sonde.CertificateSighting{sighting}); err != nil {
		b.Fatal(err)
	}
}

// TestHostTellsWhatChanged: the page of a host tells what it is now and how it came to
// be so, the newest first.
func TestHostTellsWhatChanged(t *testing.T) {
	b := newBoard(t, nil)
	nginx := sonde.Service{Name: "http", Product: "nginx", Version: "1.22"}
	newer := sonde.Service{Name: "http", Product: "nginx", Version: "1.24"}
	probed{9, "192.0.2.1", nginx, 1, "CN=www.h.test", "v=spf1 -all"}.save(b, "www.h.test")
	probed{10, "192.0.2.1", newer, 1, "CN=www.h.test", "v=spf1 -all"}.save(b, "www.h.test")
	probed{11, "192.0.2.1", newer, 2, "CN=www.h.test", "v=spf1 ~all"}.save(b, "www.h.test")
	page := texts(t, b.get("/hosts/www.h.test"))
	at := 0
	for _, part := range []string{
		"Latency", "Round trip to a port 1 20 ms", "DNS", "v=spf1 ~all", "Ports and services", "nginx 1.24", "Certificates", "CN=www.h.test",
		"TLS on port 443", "CN=www.h.test", "CN=Middle", "by CN=Root, until 22 Nov 2027", "TLS 1.3", "1 cipher suite", "TLS_AES_128_GCM_SHA256", "x25519",
		"What changed", "11:00 UTC new TXT: v=spf1 ~all", "11:00 UTC changed certificate on port 443", "10:00 UTC last seen TXT v=spf1 -all",
		"10:00 UTC changed port 443/tcp of 192.0.2.1: open http nginx 1.24 before: open http nginx 1.22", "09:00 UTC new A: 192.0.2.1", "09:00 UTC new certificate",
	} {
		found := strings.Index(page[at:], part)
		if found < 0 {
			t.Fatalf("%q does not follow, in\n%s", part, page)
		}
		at += found
	}
}

// TestTimesAreReadInTime: where there is no time to look at every visit, what was seen
// is told as a sample, and the course of a run is left out where it was not kept.
func TestTimesAreReadInTime(t *testing.T) {
	b := newBoard(t, nil)
	run := b.crawl("site", serve(t, small))
	if err := b.file.Derive(t.Context(), nil, func(d *store.Derivation) error {
		return d.Commit(func() error { return d.Script("DELETE FROM _laps") })
	}); err != nil {
		t.Fatal(err)
	}
	for patience, inTime := range map[time.Duration]bool{time.Minute: true, time.Nanosecond: false} {
		l, err := b.file.Latency(t.Context(), "127.0.0.1", patience)
		if err != nil || l.Sample == inTime || (len(l.Total) > 0) != inTime || len(l.Total) != len(l.FirstByte) {
			t.Errorf("with %s the latency is %+v, %v", patience, l, err)
		}
		course, err := b.file.Course(t.Context(), run, patience)
		if tooSlow := errors.Is(err, store.ErrTooSlow); tooSlow == inTime || !tooSlow && err != nil {
			t.Errorf("with %s: %v", patience, err)
		}
		fetched := int64(0)
		for _, lap := range course.Laps {
			fetched += lap.Fetched
		}
		if want := int64(len(l.Total)); fetched != want {
			t.Errorf("with %s the course has %d visits, want %d", patience, fetched, want)
		}
	}
}
