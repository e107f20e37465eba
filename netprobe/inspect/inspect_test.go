package inspect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/crypto/ocsp"

	"sonde"
	"sonde/internal/pki"
)

// TestOffers: versions, suites and groups are told as the server is set up.
func TestOffers(t *testing.T) {
	root, config := good(t)
	config.MinVersion = tls.VersionTLS11
	config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}
	config.CurvePreferences = []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP384}
	config.NextProtos = []string{"http/1.1"}
	p := serveTLS(t, config)
	facts := p.inspect(t, Question{Roots: root.Pool()})
	if facts.Failure != "" || facts.Version != "TLS 1.3" || facts.Group != "X25519MLKEM768" || facts.ALPN != "http/1.1" || facts.Cut {
		t.Errorf("the facts are %+v", facts)
	}
	offers := map[string][]string{}
	for _, o := range facts.Offers {
		offers[o.Version] = o.Ciphers
	}
	for version, want := range map[string][]string{
		"TLS 1.0": nil,
		"TLS 1.1": {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
		"TLS 1.2": {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
		"TLS 1.3": {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"},
	} {
		if !slices.Equal(offers[version], want) {
			t.Errorf("%s takes %v, want %v", version, offers[version], want)
		}
	}
	if got := strings.Join(slices.Sorted(slices.Values(facts.Groups)), " "); got != "X25519MLKEM768 secp384r1 x25519" {
		t.Errorf("groups %s", got)
	}
}

// TestGroupsBefore13: the curves of TLS 1.2 are told too.
func TestGroupsBefore13(t *testing.T) {
	root, config := good(t)
	config.MaxVersion = tls.VersionTLS12
	config.CurvePreferences = []tls.CurveID{tls.CurveP521, tls.CurveP256}
	facts := serveTLS(t, config).inspect(t, Question{Roots: root.Pool()})
	if got := strings.Join(slices.Sorted(slices.Values(facts.Groups)), " "); got != "secp256r1 secp521r1" || facts.Failure != "" {
		t.Errorf("groups %s, failure %s", got, facts.Failure)
	}
}

// TestBounds: no more connections are made than may be, and the facts say that they are
// not all.
func TestBounds(t *testing.T) {
	root, config := good(t)
	p := serveTLS(t, config)
	facts := p.inspect(t, Question{Roots: root.Pool(), Connections: 4})
	if n := p.Connections(); n > 4 || !facts.Cut || facts.Failure != "" {
		t.Errorf("%d connections, cut %t, failure %q", n, facts.Cut, facts.Failure)
	}
}

// TestCancelled: the end of the context ends the asking.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := serve(t, func(c net.Conn) {
		c.Read(make([]byte, 1))
		cancel()
		c.Read(make([]byte, 4096))
		c.Read(make([]byte, 1))
	})
	_, err := TLS(ctx, Question{Host: "localhost", Dial: p.Dial, Limit: time.Hour})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

// TestUnreached: a place that is not there is a fact too.
func TestUnreached(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	facts, err := TLS(t.Context(), Question{Host: "localhost", Dial: dialling(l.Addr().String())})
	if err != nil || facts.Failure != sonde.Refused || !strings.HasPrefix(facts.Detail, "connecting to localhost: ") {
		t.Errorf("%+v, %v", facts, err)
	}
}

// TestALPN: a server that insists on a protocol of its own is seen without any.
func TestALPN(t *testing.T) {
	root, config := good(t)
	config.NextProtos = []string{"xmpp-client"}
	facts := serveTLS(t, config).inspect(t, Question{Roots: root.Pool()})
	if facts.Failure != "" || facts.ALPN != "" || facts.Certificate == nil {
		t.Errorf("%+v", facts)
	}
}

// TestUnknownProtocol: a question that cannot be asked is an error.
func TestUnknownProtocol(t *testing.T) {
	_, err := TLS(t.Context(), Question{StartTLS: "gopher"})
	if err == nil || !strings.Contains(err.Error(), "ftp, imap, ldap") {
		t.Errorf("it ended with %v", err)
	}
}

// TestStaple: what is stapled is read, and held against the certificate.
func TestStaple(t *testing.T) {
	root := pki.New(t, "root", nil, pki.Authority)
	leaf := pki.New(t, "leaf", root, pki.For("localhost"))
	other := pki.New(t, "other", root, pki.For("localhost"))
	now := time.Now()
	for name, test := range map[string]struct {
		about  *pki.Certificate
		status int
		next   time.Time
		bare   bool // the issuer is not shown
		want   sonde.OCSPStaple
	}{
		"good":        {about: leaf, status: ocsp.Good, next: now.Add(time.Hour), want: sonde.OCSPStaple{Status: "good"}},
		"revoked":     {about: leaf, status: ocsp.Revoked, next: now.Add(time.Hour), want: sonde.OCSPStaple{Status: "revoked"}},
		"old":         {about: leaf, status: ocsp.Good, next: now.Add(-time.Minute), want: sonde.OCSPStaple{Status: "good", Fault: "it is out of date"}},
		"of another":  {about: other, status: ocsp.Good, next: now.Add(time.Hour), want: sonde.OCSPStaple{Status: "good", Fault: "it is for another certificate"}},
		"not checked": {about: leaf, status: ocsp.Good, next: now.Add(time.Hour), bare: true, want: sonde.OCSPStaple{Status: "good", Fault: "nobody can check its signature: the issuer's certificate is not shown"}},
	} {
		der, err := ocsp.CreateResponse(root.Certificate, root.Certificate, ocsp.Response{
			Status: test.status, SerialNumber: test.about.SerialNumber, ThisUpdate: now.Add(-time.Hour), NextUpdate: test.next, RevokedAt: now.Add(-2 * time.Hour),
		}, root.Key)
		if err != nil {
			t.Fatal(err)
		}
		shown := leaf.TLS(root)
		if test.bare {
			shown = leaf.TLS()
		}
		shown.OCSPStaple = der
		facts := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{shown}}).inspect(t, Question{Roots: root.Pool()})
		s := facts.Staple
		if s == nil || s.Status != test.want.Status || s.Fault != test.want.Fault || s.ThisUpdate.IsZero() || s.RevokedAt.IsZero() == (s.Status == "revoked") {
			t.Errorf("%s: the staple is %+v", name, s)
		}
	}
	if s := readStaple([]byte("nonsense"), nil, now); s == nil || s.Fault == "" {
		t.Errorf("nonsense is %+v", s)
	}
}

// FuzzStaple: whatever is stapled, it is read without a fault of ours, and is good only
// for the certificate that it is about and in its time.
func FuzzStaple(f *testing.F) {
	root := pki.New(f, "root", nil, pki.Authority)
	leaf := pki.New(f, "leaf", root, pki.For("localhost"))
	now := time.Now()
	der, err := ocsp.CreateResponse(root.Certificate, root.Certificate, ocsp.Response{
		Status: ocsp.Good, SerialNumber: leaf.SerialNumber, ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour),
	}, root.Key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Add([]byte("nonsense"))
	f.Fuzz(func(t *testing.T, der []byte) {
		for _, chain := range [][]*x509.Certificate{{leaf.Certificate}, {leaf.Certificate, root.Certificate}} {
			s := readStaple(der, chain, now)
			if s == nil {
				if len(der) > 0 {
					t.Error("a staple is passed over")
				}
				continue
			}
			if strings.ContainsFunc(s.Fault, unicode.IsControl) {
				t.Errorf("the fault %q controls a terminal", s.Fault)
			}
			if s.Fault == "" && (now.Before(s.ThisUpdate) || !s.NextUpdate.IsZero() && now.After(s.NextUpdate)) {
				t.Errorf("it is taken for good out of its time: %+v", s)
			}
		}
	})
}
