package store

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sonde"
)

// day is the nth day of a life of a file.
func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

// told is an answer of a resolver: "MX 10 mail.h.test", or a failure.
func told(at time.Time, kind string, values ...string) sonde.DNSAnswer {
	a := sonde.DNSAnswer{Host: "www.h.test", Type: kind, RCode: "NOERROR", Resolver: "system", At: at}
	for _, v := range values {
		a.Records = append(a.Records, sonde.DNSRecord{Name: "www.h.test", Type: kind, Value: v, TTL: time.Minute})
	}
	return a
}

// alias puts a CNAME before the records of an answer.
func alias(a sonde.DNSAnswer, target string) sonde.DNSAnswer {
	for i := range a.Records {
		a.Records[i].Name = target
	}
	cname := sonde.DNSRecord{Name: a.Host, Type: "CNAME", Value: target, TTL: time.Hour}
	a.Records = append([]sonde.DNSRecord{cname}, a.Records...)
	return a
}

func failing(a sonde.DNSAnswer, rcode string, failure sonde.Failure) sonde.DNSAnswer {
	a.RCode, a.Failure, a.Detail = rcode, failure, "it failed"
	return a
}

// answerOn is an open port with a service.
func answerOn(at time.Time, port uint16, service, product, version string) sonde.Port {
	return sonde.Port{
		Host: "www.h.test", Address: netip.MustParseAddr("192.0.2.1"), Transport: sonde.TCP, Number: port,
		State: sonde.PortOpen, Reason: sonde.ByAccept, RTT: 1500 * time.Microsecond, At: at,
		Service: sonde.Service{Name: service, Product: product, Version: version, Banner: service + " " + version},
	}
}

func closedPort(at time.Time, port uint16) sonde.Port {
	p := answerOn(at, port, "", "", "")
	p.State, p.Reason, p.Service = sonde.PortClosed, sonde.ByRefusal, sonde.Service{}
	return p
}

func showing(at time.Time, address string, serial byte, verdict string) sonde.CertificateSighting {
	return sonde.CertificateSighting{
		Host: "www.h.test", Address: netip.MustParseAddr(address), Port: 443, At: at,
		TLS: sonde.TLSFacts{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", ALPN: "h2", Certificate: &sonde.Certificate{
			Subject: "CN=www.h.test", Issuer: "CN=Test", SANs: []string{"www.h.test"}, NotBefore: day(1), NotAfter: day(int(serial)),
			Key: "ECDSA P-256", Signature: "ECDSA-SHA256", SHA256: [32]byte{serial}, VerifyError: verdict,
		}},
	}
}

// probed saves one fact of each kind.
func probed(t *testing.T, f *File) {
	t.Helper()
	saveDNS(t, f, told(day(1), "A", "192.0.2.1"))
	savePorts(t, f, answerOn(day(1), 22, "ssh", "OpenSSH", "9.9"))
	saveCertificates(t, f, showing(day(1), "192.0.2.1", 20, ""))
}

func saveDNS(t *testing.T, f *File, answers ...sonde.DNSAnswer) {
	t.Helper()
	if err := f.SaveDNS(t.Context(), answers); err != nil {
		t.Fatal(err)
	}
}

func savePorts(t *testing.T, f *File, ports ...sonde.Port) {
	t.Helper()
	if err := f.SavePorts(t.Context(), ports); err != nil {
		t.Fatal(err)
	}
}

func saveCertificates(t *testing.T, f *File, sightings ...sonde.CertificateSighting) {
	t.Helper()
	if err := f.SaveCertificates(t.Context(), sightings); err != nil {
		t.Fatal(err)
	}
}

// holds compares a view with what it should say: rows of columns, days as numbers.
func holds(t *testing.T, f *File, view, columns string, want ...string) {
	t.Helper()
	var out sheet
	query := "SELECT " + columns + ", CAST(substr(first_seen_at, 9, 2) AS INTEGER), CAST(substr(last_seen_at, 9, 2) AS INTEGER), current FROM " +
		view + " ORDER BY first_seen_at, 1, 2"
	if _, err := f.Query(t.Context(), query, nil, Limits{}, &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", view, got, strings.Join(want, "\n"))
	}
}

func TestDNSFactsAreIntervals(t *testing.T) {
	for _, c := range []struct {
		name string
		days [][]sonde.DNSAnswer
		want []string // type|value|rcode|first day|last day|current
	}{
		{"the same for three days", [][]sonde.DNSAnswer{
			{told(day(1), "A", "192.0.2.1")}, {told(day(2), "A", "192.0.2.1")}, {told(day(3), "A", "192.0.2.1")},
		}, []string{"A|192.0.2.1|NOERROR|1|3|1"}},
		{"one address of two changes", [][]sonde.DNSAnswer{
			{told(day(1), "A", "192.0.2.1", "192.0.2.2")}, {told(day(2), "A", "192.0.2.3", "192.0.2.1")},
		}, []string{"A|192.0.2.1|NOERROR|1|2|1", "A|192.0.2.2|NOERROR|1|1|0", "A|192.0.2.3|NOERROR|2|2|1"}},
		{"a value comes back", [][]sonde.DNSAnswer{
			{told(day(1), "A", "192.0.2.1")}, {told(day(2), "A", "192.0.2.2")}, {told(day(3), "A", "192.0.2.1")},
		}, []string{"A|192.0.2.1|NOERROR|1|1|0", "A|192.0.2.2|NOERROR|2|2|0", "A|192.0.2.1|NOERROR|3|3|1"}},
		{"another type was not asked", [][]sonde.DNSAnswer{
			{told(day(1), "A", "192.0.2.1"), told(day(1), "MX", "10 mail.h.test")}, {told(day(2), "A", "192.0.2.1")},
		}, []string{"A|192.0.2.1|NOERROR|1|2|1", "MX|10 mail.h.test|NOERROR|1|1|1"}},
		{"the record goes and the name stays", [][]sonde.DNSAnswer{
			{told(day(1), "AAAA", "2001:db8::1")}, {failing(told(day(2), "AAAA"), "NOERROR", sonde.NoAddress)},
		}, []string{"AAAA|2001:db8::1|NOERROR|1|1|0", "AAAA|NULL|NOERROR|2|2|1"}},
		{"the name goes, and comes back", [][]sonde.DNSAnswer{
			{told(day(1), "A", "192.0.2.1"), told(day(1), "MX", "10 mail.h.test")},
			{failing(told(day(2), "A"), "NXDOMAIN", sonde.NXDomain)},
			{told(day(3), "A", "192.0.2.1")},
		}, []string{
			"A|192.0.2.1|NOERROR|1|1|0", "MX|10 mail.h.test|NOERROR|1|1|0", "A|NULL|NXDOMAIN|2|2|0", "A|192.0.2.1|NOERROR|3|3|1",
		}},
		{"nobody answers", [][]sonde.DNSAnswer{
			{told(day(1), "A", "192.0.2.1")}, {failing(told(day(2), "A"), "", sonde.DNSTimeout)}, {told(day(3), "A", "192.0.2.1")},
		}, []string{"A|192.0.2.1|NOERROR|1|3|1", "A|NULL|NULL|2|2|0"}},
		{"an alias that only one of two answers tells", [][]sonde.DNSAnswer{
			{alias(told(day(1), "A", "192.0.2.1"), "cdn.test"), alias(told(day(1), "AAAA", "2001:db8::1"), "cdn6.test")},
			{alias(told(day(2), "AAAA", "2001:db8::1"), "cdn6.test"), alias(told(day(2), "A", "192.0.2.1"), "cdn.test")},
		}, []string{
			"A|192.0.2.1|NOERROR|1|2|1", "AAAA|2001:db8::1|NOERROR|1|2|1", "CNAME|cdn.test|NOERROR|1|2|1", "CNAME|cdn6.test|NOERROR|1|2|1",
		}},
		{"an alias is taken away", [][]sonde.DNSAnswer{
			{alias(told(day(1), "A", "192.0.2.1"), "cdn.test")}, {told(day(2), "A", "192.0.2.1")},
		}, []string{"A|192.0.2.1|NOERROR|1|1|0", "CNAME|cdn.test|NOERROR|1|1|0", "A|192.0.2.1|NOERROR|2|2|1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t)
			for _, answers := range c.days {
				saveDNS(t, f, answers...)
			}
			columns := "type, value, CASE WHEN value IS NULL THEN rcode ELSE 'NOERROR' END"
			holds(t, f, "dns_records", columns, c.want...)
		})
	}
}

func TestResolversMayDisagree(t *testing.T) {
	f := open(t)
	other := told(day(2), "A", "10.0.0.1")
	other.Resolver = "192.0.2.53:53"
	saveDNS(t, f, told(day(1), "A", "192.0.2.1"))
	saveDNS(t, f, other)
	holds(t, f, "dns_records", "value, resolver", "192.0.2.1|system|1|1|1", "10.0.0.1|192.0.2.53:53|2|2|1")
}

func TestTheLongestTTLIsKept(t *testing.T) {
	f := open(t)
	for _, ttl := range []time.Duration{30 * time.Second, time.Minute, -1, time.Second} {
		a := told(day(1), "A", "192.0.2.1")
		a.Records[0].TTL = ttl
		saveDNS(t, f, a)
	}
	holds(t, f, "dns_records", "value, ttl", "192.0.2.1|60|1|1|1")
}

func TestPortFactsAreIntervals(t *testing.T) {
	for _, c := range []struct {
		name string
		days [][]sonde.Port
		want []string // port|state|version|first day|last day|current
	}{
		{"the same twice", [][]sonde.Port{{answerOn(day(1), 22, "ssh", "OpenSSH", "9.9")}, {answerOn(day(2), 22, "ssh", "OpenSSH", "9.9")}},
			[]string{"22|open|9.9|1|2|1"}},
		{"another version", [][]sonde.Port{{answerOn(day(1), 22, "ssh", "OpenSSH", "9.9")}, {answerOn(day(2), 22, "ssh", "OpenSSH", "10.0")}},
			[]string{"22|open|9.9|1|1|0", "22|open|10.0|2|2|1"}},
		{"nobody asks who answers", [][]sonde.Port{{answerOn(day(1), 22, "ssh", "OpenSSH", "9.9")}, {answerOn(day(2), 22, "", "", "")}},
			[]string{"22|open|9.9|1|2|1"}},
		{"closed, and open again", [][]sonde.Port{
			{answerOn(day(1), 22, "ssh", "OpenSSH", "9.9")}, {closedPort(day(2), 22)}, {answerOn(day(3), 22, "ssh", "OpenSSH", "9.9")},
		}, []string{"22|open|9.9|1|1|0", "22|closed|NULL|2|2|0", "22|open|9.9|3|3|1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t)
			for _, ports := range c.days {
				for i := range ports { // a banner that differs every time is no news
					if ports[i].Service.Name == "" {
						ports[i].Service.Banner = ""
					} else {
						ports[i].Service.Banner += ports[i].At.String()
					}
				}
				savePorts(t, f, ports...)
			}
			holds(t, f, "ports", "port, state, version", c.want...)
		})
	}
}

// TestClosedPortsStayFew holds that a scan of everything writes what is open, what was
// and what somebody asked for, and not every port that there is.
func TestClosedPortsStayFew(t *testing.T) {
	f := open(t)
	savePorts(t, f, closedPort(day(1), 25), closedPort(day(1), 80), answerOn(day(1), 443, "http", "", ""))
	scan := []sonde.Port{answerOn(day(2), 22, "ssh", "", ""), closedPort(day(2), 443)}
	for port := uint16(1000); port < 60000; port++ {
		scan = append(scan, closedPort(day(2), port))
	}
	scan = append(scan, closedPort(day(2), 80))
	savePorts(t, f, scan...)
	holds(t, f, "ports", "port, state",
		"25|closed|1|1|1", "80|closed|1|2|1", "443|open|1|1|0", "22|open|2|2|1", "443|closed|2|2|1")
}

func TestCertificateSightingsAreIntervals(t *testing.T) {
	const one, two = "192.0.2.1", "192.0.2.2"
	for _, c := range []struct {
		name string
		days [][]sonde.CertificateSighting
		want []string // address|day of the certificate's end|verdict|first day|last day|current
	}{
		{"the same twice", [][]sonde.CertificateSighting{{showing(day(1), one, 20, "")}, {showing(day(2), one, 20, "")}},
			[]string{one + "|20|NULL|1|2|1"}},
		{"renewed", [][]sonde.CertificateSighting{{showing(day(1), one, 20, "")}, {showing(day(2), one, 30, "")}},
			[]string{one + "|20|NULL|1|1|0", one + "|30|NULL|2|2|1"}},
		{"its time ends", [][]sonde.CertificateSighting{{showing(day(1), one, 20, "")}, {showing(day(21), one, 20, "expired")}},
			[]string{one + "|20|NULL|1|1|0", one + "|20|expired|21|21|1"}},
		{"an address that is not met every time", [][]sonde.CertificateSighting{
			{showing(day(1), one, 20, ""), showing(day(1), two, 20, "")}, {showing(day(2), two, 20, "")},
		}, []string{one + "|20|NULL|1|1|1", two + "|20|NULL|1|2|1"}},
		{"renewed while an address is not met", [][]sonde.CertificateSighting{
			{showing(day(1), one, 20, ""), showing(day(1), two, 20, "")}, {showing(day(2), two, 30, "")},
		}, []string{one + "|20|NULL|1|1|0", two + "|20|NULL|1|1|0", two + "|30|NULL|2|2|1"}},
		{"one address shows two", [][]sonde.CertificateSighting{
			{showing(day(1), one, 20, ""), showing(day(1), one, 21, "")}, {showing(day(2), one, 21, ""), showing(day(2), one, 20, "")},
		}, []string{one + "|20|NULL|1|2|1", one + "|21|NULL|1|2|1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t)
			for _, sightings := range c.days {
				saveCertificates(t, f, sightings...)
			}
			holds(t, f, "certificates", "address, CAST(substr(not_after, 9, 2) AS INTEGER), verify_error", c.want...)
		})
	}
}

// TestServicesShowCertificates holds that a certificate that a service showed stands
// where all certificates stand.
func TestServicesShowCertificates(t *testing.T) {
	f := open(t)
	p := answerOn(day(1), 993, "imap", "Dovecot", "")
	p.Service.TLS = new(showing(day(1), "192.0.2.1", 20, "").TLS)
	p.Service.Facts = []sonde.Fact{{Name: "capability", Value: `"IMAP4rev1"`}}
	savePorts(t, f, p)
	holds(t, f, "certificates", "host, port, subject", "www.h.test|993|CN=www.h.test|1|1|1")
	holds(t, f, "ports", "tls, starttls, facts", `1|0|[{"name":"capability","value":"\"IMAP4rev1\""}]|1|1|1`)
}

// TestTLSFactsAreKept holds that what a probe learned of a place is kept beside its
// certificate, and that a connection that tells less does not take it away.
func TestTLSFactsAreKept(t *testing.T) {
	f := open(t)
	s := showing(day(1), "192.0.2.1", 20, "")
	s.TLS.Group, s.TLS.StartTLS = "X25519MLKEM768", "smtp"
	s.TLS.Chain = []sonde.Certificate{{Subject: "CN=Above", Issuer: "CN=Root", NotAfter: day(3), SHA256: [32]byte{1}}}
	s.TLS.Offers = []sonde.TLSOffer{{Version: "TLS 1.3", Ciphers: []string{"TLS_AES_128_GCM_SHA256"}}}
	s.TLS.Staple = &sonde.OCSPStaple{Status: "good"}
	saveCertificates(t, f, s)
	saveCertificates(t, f, showing(day(2), "192.0.2.1", 20, ""))
	holds(t, f, "certificates", `facts ->> 'group', facts ->> 'starttls', facts ->> '$.chain[0].subject', facts ->> '$.chain[0].not_after',
		facts ->> '$.offers[0].ciphers[0]', facts ->> '$.staple.status', facts ->> '$.staple.next_update'`,
		"X25519MLKEM768|smtp|CN=Above|2026-01-03T12:00:00.000Z|TLS_AES_128_GCM_SHA256|good|NULL|1|2|1")
}

// TestHostsTellWhatIsKnown holds that a host that no crawl met has a row, with what
// probes found, as it is now.
func TestHostsTellWhatIsKnown(t *testing.T) {
	f := open(t)
	saveDNS(t, f, told(day(1), "A", "192.0.2.9"))
	saveDNS(t, f, told(day(2), "A", "192.0.2.1", "192.0.2.2"))
	savePorts(t, f, answerOn(day(2), 22, "ssh", "", ""), answerOn(day(2), 80, "http", "", ""))
	savePorts(t, f, closedPort(day(3), 80))
	saveCertificates(t, f, showing(day(3), "192.0.2.1", 20, ""))
	saveCertificates(t, f, showing(day(4), "192.0.2.1", 30, ""))
	var out sheet
	if _, err := f.Query(t.Context(), `SELECT name, sites, addresses, open_ports, certificate_not_after, substr(last_seen_at, 1, 4) >= '2026' FROM hosts`, nil, Limits{}, &out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `www.h.test|[]|["192.0.2.1","192.0.2.2"]|[22]|2026-01-30T12:00:00.000Z|1`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestRunsTellOfTheNetwork holds that closing a run keeps what its connections told:
// the port that answered and the certificate, with the verdict of that time.
func TestRunsTellOfTheNetwork(t *testing.T) {
	f := open(t)
	for _, verdict := range []string{"", "", "expired"} {
		r := begin(t, f, "https://www.h.test/")
		target, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v := page(target)
		v.Fetch.Remote = netip.MustParseAddrPort("192.0.2.1:443")
		v.Fetch.TLS = new(showing(day(1), "192.0.2.1", 20, verdict).TLS)
		if err := r.Done(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM certificates":                                                   2,
		"SELECT count(*) FROM certificates WHERE current AND verify_error = 'expired'":        1,
		"SELECT count(*) FROM ports WHERE port = 443 AND state = 'open' AND current":          1,
		"SELECT count(*) FROM ports":                                                          1,
		"SELECT open_ports = '[443]' AND certificate_not_after LIKE '2026-01-20%' FROM hosts": 1,
		"SELECT count(*) FROM dns_records":                                                    0,
	})
}

// TestAFailedSaveLeavesNothing holds that a save that is interrupted writes nothing, and
// that what was numbered in it is numbered again.
func TestAFailedSaveLeavesNothing(t *testing.T) {
	f := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.SaveDNS(ctx, []sonde.DNSAnswer{told(day(1), "A", "192.0.2.1")}); err == nil {
		t.Error("an interrupted save tells no error")
	}
	if n := ask(t, f, "SELECT count(*) FROM _hosts"); n != 0 {
		t.Errorf("%d hosts after an interrupted save", n)
	}
	probed(t, f)
	if n := ask(t, f, "SELECT count(*) FROM hosts JOIN dns_records ON host = hosts.name"); n != 1 {
		t.Errorf("%d records after the next save, want 1", n)
	}
}
