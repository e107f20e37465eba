package resolve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/internal/loopback"
)

// daemon runs a server of a Debian package until the test ends, and waits until it
// answers. It skips the test where the package is missing.
func daemon(t *testing.T, program, answersAt, name string, args ...string) {
	t.Helper()
	command := exec.Command(found(t, program), args...)
	var said strings.Builder
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, said.String())
		}
	})
	r, err := New(Config{Server: answersAt, Timeout: 500 * time.Millisecond, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 400 {
		if a := r.Ask(t.Context(), Question{orElse(name, "."), "SOA"}); a.RCode != "" {
			return
		}
		<-tick.C
	}
	t.Fatalf("%s does not answer at %s", program, answersAt)
}

func found(t *testing.T, program string) string {
	t.Helper()
	for _, dir := range []string{"/usr/sbin", "/usr/bin"} {
		if path := filepath.Join(dir, program); isThere(path) {
			return path
		}
	}
	t.Skipf("%s is not installed (Debian packages unbound and bind9)", program)
	return ""
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// identity writes the key and certificate of a server at 127.0.0.1 into a folder.
func identity(t *testing.T, dir string) (roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "resolver"}, DNSNames: []string{"dns.test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(certificate)
	return roots
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// zone holds a record of every type, as a zone file and as the values that are to come.
var zone = []struct{ kind, data, want string }{
	{"A", "192.0.2.1", "192.0.2.1"},
	{"AAAA", "2001:db8::1", "2001:db8::1"},
	{"MX", "10 Mail.h.test.", "10 mail.h.test"},
	{"NS", "ns.h.test.", "ns.h.test"},
	{"SOA", "ns.h.test. me.h.test. 7 3600 600 86400 60", "ns.h.test me.h.test 7 3600 600 86400 60"},
	{"TXT", `"v=spf1 -all" "two"`, `"v=spf1 -all" "two"`},
	{"SRV", "1 2 443 www.h.test.", "1 2 443 www.h.test"},
	{"CAA", `0 issue "ca.test"`, `0 issue "ca.test"`},
	{"PTR", "www.h.test.", "www.h.test"},
	{"DS", "12345 13 2 " + strings.Repeat("AB", 32), "12345 13 2 " + strings.Repeat("AB", 32)},
	{"DNSKEY", "257 3 13 AAAA", "257 3 13 AAAA"},
	{"TLSA", "3 1 1 " + strings.Repeat("cd", 32), "3 1 1 " + strings.Repeat("cd", 32)},
	{"SVCB", "1 svc.h.test. port=53", `1 svc.h.test port="53"`},
	{"HTTPS", `1 . alpn="h2,h3"`, `1 . alpn="h2,h3"`},
	{"NAPTR", `10 20 "u" "sip" "!^.*$!sip:a@h.test!" .`, `10 20 "u" "sip" "!^.*$!sip:a@h.test!" .`},
	{"SSHFP", "4 2 " + strings.Repeat("ef", 32), "4 2 " + strings.Repeat("EF", 32)},
}

// TestUnbound asks a real resolver every type, over UDP, TCP, TLS and HTTPS.
func TestUnbound(t *testing.T) {
	found(t, "unbound")
	dir := t.TempDir()
	roots := identity(t, dir)
	plain, secure, web := freePort(t), freePort(t), freePort(t)
	var data strings.Builder
	for _, r := range zone {
		fmt.Fprintf(&data, "  local-data: 'h.test. 300 IN %s %s'\n", r.kind, r.data)
	}
	fmt.Fprintf(&data, "  local-data: 'www.h.test. 300 IN CNAME h.test.'\n  local-data-ptr: '192.0.2.1 h.test'\n  local-data-ptr: '2001:db8::1 h.test'\n")
	for i := range 120 {
		fmt.Fprintf(&data, "  local-data: 'large.h.test. 300 IN A 192.0.2.%d'\n", i)
	}
	config := filepath.Join(dir, "unbound.conf")
	write(t, config, fmt.Sprintf(`server:
  so-reuseport: no
  interface: 127.0.0.1@%[1]d
  interface: 127.0.0.1@%[2]d
  interface: 127.0.0.1@%[3]d
  tls-port: %[2]d
  https-port: %[3]d
  tls-service-key: "%[4]s/key.pem"
  tls-service-pem: "%[4]s/cert.pem"
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "%[4]s"
  pidfile: ""
  local-zone: "." static
  local-zone: "h.test." static
%[5]sremote-control:
  control-enable: no
`, plain, secure, web, dir, data.String()))
	address := fmt.Sprintf("127.0.0.1:%d", plain)
	daemon(t, "unbound", address, "h.test", "-d", "-c", config)
	for _, server := range []string{address, fmt.Sprintf("tls://127.0.0.1:%d", secure), fmt.Sprintf("https://127.0.0.1:%d/dns-query", web)} {
		t.Run(server[:strings.IndexAny(server, ":")], func(t *testing.T) {
			r, err := New(Config{Server: server, Roots: roots, Timeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			asksUnbound(t, r)
		})
	}
	t.Run("an authority that nobody trusts", func(t *testing.T) {
		for _, server := range []string{fmt.Sprintf("tls://127.0.0.1:%d", secure), fmt.Sprintf("https://127.0.0.1:%d", web)} {
			r, err := New(Config{Server: server, Timeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if a := r.Ask(t.Context(), Question{"h.test", "A"}); a.Failure != sonde.CertUntrusted || !strings.Contains(a.Detail, "certificate") {
				t.Errorf("%s: %q, %s", server, a.Failure, a.Detail)
			}
		}
	})
}

func asksUnbound(t *testing.T, r *Resolver) {
	t.Helper()
	for _, record := range zone {
		a := r.Ask(t.Context(), Question{"h.test", record.kind})
		if len(a.Records) == 0 || a.Records[0].Value != record.want || a.Records[0].TTL != 300*time.Second || a.RCode != "NOERROR" || a.RTT <= 0 {
			t.Errorf("%s: %+v, want %s", record.kind, a, record.want)
		}
	}
	if a := r.Ask(t.Context(), Question{"large.h.test", "A"}); len(a.Records) != 120 {
		t.Errorf("a large answer has %d records: %s", len(a.Records), a.Detail)
	}
	if a := r.Ask(t.Context(), Question{"www.h.test", "A"}); len(a.Records) == 0 || a.Records[0].Type != "CNAME" || a.Records[0].Value != "h.test" {
		t.Errorf("an alias: %+v", a)
	}
	for _, address := range []string{"192.0.2.1", "2001:db8::1"} {
		if a := r.Ask(t.Context(), Question{address, "PTR"}); len(a.Records) != 1 || a.Records[0].Value != "h.test" || a.Host != address {
			t.Errorf("backwards: %+v", a)
		}
	}
	if a := r.Ask(t.Context(), Question{"gone.h.test", "A"}); a.Failure != sonde.NXDomain || a.RCode != "NXDOMAIN" || !slices.Contains(a.Flags, "ra") {
		t.Errorf("a name that does not exist: %+v", a)
	}
	if a := r.Ask(t.Context(), Question{"large.h.test", "MX"}); a.Failure != sonde.NoRecord {
		t.Errorf("a type that a name has none of: %+v", a)
	}
}

// TestBind goes down a hierarchy of two real servers: BIND for the root, and Unbound for
// a zone below.
func TestBind(t *testing.T) {
	found(t, "named")
	found(t, "unbound")
	port := freePort(t)
	top, below := fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.2:%d", port)
	bind(t, top, ".", `@ 60 IN SOA root. me. 1 2 3 4 5
@ 60 IN NS root.
root. 60 IN A 127.0.0.1
test. 60 IN NS ns.test.
ns.test. 60 IN A 127.0.0.2
away.test. 60 IN NS ns.away.test.
ns.away.test. 60 IN A 169.254.169.254
elsewhere. 60 IN NS ns.test.
`)
	authority(t, below, "test.", `@ 60 IN SOA ns me 1 2 3 4 5
@ 60 IN NS ns
ns 60 IN A 127.0.0.2
www 60 IN CNAME web.test.
web 60 IN A 192.0.2.7
round 60 IN CNAME about.other.
`)
	r, err := New(Config{Server: top, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	trace := func(name string) (steps []string, last sonde.DNSAnswer) {
		last, err := r.Trace(t.Context(), Question{name, "A"}, func(zone string, a sonde.DNSAnswer) error {
			steps = append(steps, zone+" at "+a.Server)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return steps, last
	}
	steps, last := trace("www.test")
	if want := []string{". at " + top, "test at " + below}; !slices.Equal(steps, want) {
		t.Errorf("the way is %q, want %q", steps, want)
	}
	if len(last.Records) != 2 || last.Records[1].Value != "192.0.2.7" || !slices.Contains(last.Flags, "aa") {
		t.Errorf("the answer is %+v", last)
	}
	if _, last := trace("gone.test"); last.Failure != sonde.NXDomain {
		t.Errorf("a name that does not exist: %+v", last)
	}
	if _, last := trace("round.test"); last.Failure != sonde.NXDomain || len(last.Records) != 1 {
		t.Errorf("an alias that leads to the root again: %+v", last)
	}
	if steps, last := trace("x.away.test"); last.Failure == sonde.NoFailure {
		t.Errorf("a zone whose server may not be asked: %q, %+v", steps, last)
	}
	if a := r.Ask(t.Context(), Question{"root", "A"}); len(a.Records) != 1 {
		t.Errorf("asked directly: %+v", a)
	}
}

// TestSignatures asks Unbound, which verifies them, for names in a zone that BIND's tools
// have signed, one of which somebody has altered since.
func TestSignatures(t *testing.T) {
	found(t, "named")
	found(t, "unbound")
	inside, outside := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	signed, anchor := signedZone(t, `@ 60 IN SOA ns me 1 2 3 4 5
@ 60 IN NS ns
ns 60 IN A 127.0.0.1
www 60 IN A 192.0.2.1
bad 60 IN A 192.0.2.66
`)
	bind(t, inside, "signed.test.", strings.Replace(signed, "192.0.2.66", "192.0.2.67", 1))
	dir := t.TempDir()
	config := filepath.Join(dir, "unbound.conf")
	write(t, config, fmt.Sprintf(`server:
  so-reuseport: no
  interface: %s
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: %q
  pidfile: ""
  do-not-query-localhost: no
  module-config: "validator iterator"
  ede: yes
  local-zone: "test." nodefault
  trust-anchor: "%s"
stub-zone:
  name: "signed.test."
  stub-addr: %s
remote-control:
  control-enable: no
`, strings.Replace(outside, ":", "@", 1), dir, anchor, strings.Replace(inside, ":", "@", 1)))
	daemon(t, "unbound", outside, "signed.test", "-d", "-c", config)
	r, err := New(Config{Server: outside, Timeout: 20 * time.Second, DNSSEC: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := r.Ask(t.Context(), Question{"www.signed.test", "A"})
	if len(a.Records) != 2 || a.Records[0].Value != "192.0.2.1" || a.Records[1].Type != "RRSIG" || !strings.HasPrefix(a.Records[1].Value, "A 13 3 60 ") || !slices.Contains(a.Flags, "ad") {
		t.Errorf("a signed name: %+v", a)
	}
	if a := r.Ask(t.Context(), Question{"signed.test", "DNSKEY"}); len(a.Records) < 2 || !strings.Contains(a.Records[0].Value, " 3 13 ") {
		t.Errorf("the keys: %+v", a)
	}
	if a := r.Ask(t.Context(), Question{"bad.signed.test", "A"}); a.Failure != sonde.ServFail || !strings.Contains(a.Detail, "DNSSEC Bogus") {
		t.Errorf("an altered record: %q, %s", a.Failure, a.Detail)
	}
}

// signedZone signs the records of signed.test, and returns them with their signatures,
// and the key as a record that is to be trusted.
func signedZone(t *testing.T, records string) (signed, anchor string) {
	t.Helper()
	dir := t.TempDir()
	run := func(program string, args ...string) string {
		command := exec.Command(found(t, program), args...)
		command.Dir = dir
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		return strings.TrimSpace(string(out))
	}
	key := run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "signed.test")
	write(t, filepath.Join(dir, "zone"), "$ORIGIN signed.test.\n"+records)
	run("dnssec-signzone", "-q", "-S", "-z", "-o", "signed.test", "zone")
	return read(t, filepath.Join(dir, "zone.signed")), lastLine(read(t, filepath.Join(dir, key+".key")))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// bind runs BIND for one zone.
func bind(t *testing.T, address, origin, records string) {
	t.Helper()
	dir := t.TempDir()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "zone"), "$ORIGIN "+origin+"\n"+records)
	config := filepath.Join(dir, "named.conf")
	write(t, config, fmt.Sprintf(`options {
  directory "%[1]s"; pid-file none; session-keyfile none; lock-file none;
  listen-on port %[2]s { %[3]s; }; listen-on-v6 { none; }; recursion no; dnssec-validation no;
};
controls { };
zone "%[4]s" { type primary; file "%[1]s/zone"; };
`, dir, port, host, origin))
	daemon(t, "named", address, strings.TrimSuffix(origin, "."), "-g", "-c", config)
}

// authority runs Unbound for one zone. Unlike BIND it listens on addresses that no
// interface has.
func authority(t *testing.T, address, origin, records string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "zone"), "$ORIGIN "+origin+"\n"+records)
	config := filepath.Join(dir, "unbound.conf")
	write(t, config, fmt.Sprintf(`server:
  so-reuseport: no
  interface: %[1]s
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "%[2]s"
  pidfile: ""
  local-zone: "test." nodefault
auth-zone:
  name: "%[3]s"
  zonefile: "%[2]s/zone"
  for-downstream: yes
  for-upstream: no
remote-control:
  control-enable: no
`, strings.Replace(address, ":", "@", 1), dir, origin))
	daemon(t, "unbound", address, strings.TrimSuffix(origin, "."), "-d", "-c", config)
}
