package identify

import (
	"crypto/tls"
	"maps"
	"slices"
	"time"

	"sonde"
)

// tlsDetector knows TLS from the first byte on (RFC 8446, RFC 5246). What speaks
// inside is found by a search of its own.
var tlsDetector = detector{
	name:  "tls",
	ports: tlsPorts,
	knows: isTLS,
	ask: func(t *talk, s *sonde.Service) bool {
		return t.secure(s, "http/1.1") && !wantsOther(t.heard())
	},
}

// tlsOtherDetector asks servers that took part in no handshake because they speak
// none of the protocols offered (RFC 7301). Others are not offered at first, because
// a web server would choose HTTP/2.
var tlsOtherDetector = detector{
	name:   "tls",
	greets: true,
	knows:  wantsOther,
	ask:    func(t *talk, s *sonde.Service) bool { return t.secure(s, protocolsOfALPN...) },
}

// alpnNames are the protocols of IANA's registry of ALPN names, by these.
var alpnNames = map[string]string{
	"http/1.1": "http", "h2": "http", "postgresql": "postgresql", "xmpp-client": "xmpp", "mqtt": "mqtt", "imap": "imap", "pop3": "pop3",
	"ftp": "ftp", "managesieve": "managesieve", "dot": "dns", "irc": "irc", "nntp": "nntp", "smb": "smb", "stun.turn": "stun",
}

var protocolsOfALPN = slices.Sorted(maps.Keys(alpnNames))

// tlsPorts are those whose services are inside TLS from the first byte on.
var tlsPorts = []uint16{443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2376, 3269, 4443, 5061, 5223, 5671, 6443, 6697, 8443, 8883, 9443, 10443, 11214}

// Records and alerts of TLS.
const (
	recordAlert           = 21
	recordHandshake       = 22
	noApplicationProtocol = 120
)

// isTLS reports whether said begins with a record of TLS that answers a client's
// hello: an alert, or a handshake message.
func isTLS(said []byte) bool {
	if len(said) < 7 || said[1] != 3 || said[2] > 4 {
		return false
	}
	isAlert := said[0] == recordAlert && said[3] == 0 && said[4] == 2 && (said[5] == 1 || said[5] == 2)
	return isAlert || said[0] == recordHandshake && said[5] == 2 // a server's hello
}

// wantsOther reports whether a server breaks off because it speaks no protocol that was
// offered.
func wantsOther(said []byte) bool {
	return isTLS(said) && said[0] == recordAlert && said[6] == noApplicationProtocol
}

// secure goes over to TLS and reports whether the service speaks it. A handshake that
// fails is told too, where the service answered in the language of TLS.
func (t *talk) secure(s *sonde.Service, protocols ...string) bool {
	if t.failed != nil {
		return false
	}
	config := t.config(s)
	config.NextProtos = protocols
	t.failed = t.conn.SetDeadline(t.until(t.patience))
	secured := tls.Client(t.conn, config)
	if err := secured.Handshake(); err != nil {
		t.failed = err
		s.TLS = &sonde.TLSFacts{Failure: sonde.Handshake, Detail: sonde.Tidy(err.Error())}
		return isTLS(t.heard())
	}
	facts := t.describe(secured.ConnectionState())
	s.TLS, t.conn, t.in = &facts, secured, nil
	return true
}

// config takes every version and suite: what is weak is a fact and no reason to stay
// away, and nothing is said inside that is worth protecting.
func (t *talk) config(s *sonde.Service) *tls.Config {
	config := &tls.Config{
		ServerName:         t.hints.Host,
		InsecureSkipVerify: true, // the certificate is judged and recorded in describe
		MinVersion:         tls.VersionTLS10,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			s.Facts = append(s.Facts, sonde.Fact{Name: "client certificate", Value: "requested"})
			return &tls.Certificate{}, nil
		},
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	return config
}

// describe puts a handshake into words and judges the certificate.
func (t *talk) describe(state tls.ConnectionState) sonde.TLSFacts {
	facts := sonde.DescribeTLS(state)
	if len(state.PeerCertificates) == 0 {
		return facts
	}
	leaf := sonde.DescribeCertificate(state.PeerCertificates[0])
	failure, err := sonde.JudgeChain(state.PeerCertificates, t.hints.Host, nil, time.Now())
	if err != nil {
		leaf.VerifyError = sonde.Tidy(err.Error())
		facts.Failure, facts.Detail = failure, leaf.VerifyError
	}
	facts.Certificate = &leaf
	for _, above := range state.PeerCertificates[1:] {
		facts.Chain = append(facts.Chain, sonde.DescribeCertificate(above))
	}
	return facts
}

// upgrade goes over to TLS in the midst of a conversation, after the service agreed
// to it.
func (t *talk) upgrade(s *sonde.Service) bool {
	s.StartTLS = true
	if t.hints.NoTLS || !t.secure(s) {
		return false
	}
	s.TLS.StartTLS = s.Name
	return true
}
