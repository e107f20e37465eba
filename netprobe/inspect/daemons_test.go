//go:build linux

package inspect

import (
	"slices"
	"sync"
	"testing"
	"time"

	"sonde"
	"sonde/internal/daemons"
)

// TestDaemons inspects the TLS of real servers, of those that offer it by STARTTLS too.
// All have a certificate that they signed themselves.
func TestDaemons(t *testing.T) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, d := range daemons.Start(t, "vsftpd", "postfix", "dovecot", "nginx", "mariadb", "postgresql", "slapd", "prosody") {
		if d.TLS || d.StartTLS {
			all.Go(func() { inspectDaemon(t, d) })
		}
	}
}

func inspectDaemon(t *testing.T, d daemons.Daemon) {
	question := Question{Host: daemons.CertificateName, Dial: dialling(d.Address), Limit: 30 * time.Second}
	if d.StartTLS {
		question.StartTLS = d.Service
	}
	facts, err := TLS(t.Context(), question)
	if err != nil || facts.Certificate == nil {
		t.Errorf("%s: %v, %q, %s", d.Service, err, facts.Failure, facts.Detail)
		return
	}
	t.Logf("%-12s %s %s, %d groups, offers %v", d.Service, facts.Version, facts.Cipher, len(facts.Groups), facts.Offers)
	if facts.Failure != sonde.CertUntrusted || facts.Certificate.Subject != "CN="+daemons.CertificateName || facts.StartTLS != question.StartTLS {
		t.Errorf("%s: %q, %s, of %s, by STARTTLS %q", d.Service, facts.Failure, facts.Detail, facts.Certificate.Subject, facts.StartTLS)
	}
	modern := func(o sonde.TLSOffer) bool { return o.Version >= "TLS 1.2" && len(o.Ciphers) > 0 }
	if !slices.ContainsFunc(facts.Offers, modern) || len(facts.Groups) == 0 {
		t.Errorf("%s: it offers %+v and the groups %v", d.Service, facts.Offers, facts.Groups)
	}
}
