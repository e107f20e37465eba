package sonde

import (
	"crypto/tls"
	"fmt"
	"time"
)

// TLSFacts is what was learnt of the TLS of a place. One connection tells what is
// above Certificate and the certificates; the rest takes a probe, which asks with
// several connections. What was not asked for, or not told, is zero.
type TLSFacts struct {
	Version     string // "TLS 1.3": what a client of today is given
	Cipher      string // as IANA names it: "TLS_AES_128_GCM_SHA256"
	Group       string // of the key exchange, as IANA names it: "X25519MLKEM768"; "" where it has none
	ALPN        string
	Certificate *Certificate  // the leaf
	Chain       []Certificate // shown above the leaf, in their order

	Failure  Failure     // why there is no handshake, or what is wrong with the certificate
	Detail   string      // the failure in words; no control characters
	Offers   []TLSOffer  // the versions that the place takes, the oldest first
	Groups   []string    // the key exchange groups that it takes in its newest version, in the order in which it chose them
	Staple   *OCSPStaple // nil where none was shown
	StartTLS string      // the protocol whose command began TLS: "smtp", …; "" for TLS from the first byte
	Cut      bool        // a limit of the probe left Offers or Groups unfinished
}

// TLSOffer is one version of TLS that a place takes.
type TLSOffer struct {
	Version string   // "SSLv3", "TLS 1.0", …
	Ciphers []string // that it takes in it, as IANA names them, in the order in which it chose them
}

// OCSPStaple is what an authority says of the revocation of a certificate, as the
// server shows it in its handshake (RFC 6960, RFC 6066 section 8).
type OCSPStaple struct {
	Status                 string // "good", "revoked" or "unknown"; "" where it cannot be read
	ThisUpdate, NextUpdate time.Time
	RevokedAt              time.Time // of "revoked"
	Fault                  string    // why it is worth nothing: unreadable, of another certificate, out of date; "" where it is sound
}

// DescribeTLS puts what one handshake agreed on into words, certificates left
// aside: [DescribeCertificate] is for them.
func DescribeTLS(state tls.ConnectionState) TLSFacts {
	return TLSFacts{
		Version: tls.VersionName(state.Version),
		Cipher:  tls.CipherSuiteName(state.CipherSuite),
		Group:   TLSGroup(state.CurveID),
		ALPN:    Tidy(state.NegotiatedProtocol),
	}
}

// tlsGroups are the names of the IANA registry "TLS Supported Groups", of the groups
// that are met.
var tlsGroups = map[tls.CurveID]string{
	0x0017: "secp256r1",
	0x0018: "secp384r1",
	0x0019: "secp521r1",
	0x001d: "x25519",
	0x001e: "x448",
	0x001f: "brainpoolP256r1tls13",
	0x0020: "brainpoolP384r1tls13",
	0x0021: "brainpoolP512r1tls13",
	0x0100: "ffdhe2048",
	0x0101: "ffdhe3072",
	0x0102: "ffdhe4096",
	0x0200: "MLKEM512",
	0x0201: "MLKEM768",
	0x0202: "MLKEM1024",
	0x11eb: "SecP256r1MLKEM768",
	0x11ec: "X25519MLKEM768",
	0x11ed: "SecP384r1MLKEM1024",
	0x6399: "X25519Kyber768Draft00",
}

// TLSGroup names a key exchange group as IANA does, and one without a name by its
// number. 0, which is no group, is "".
func TLSGroup(id tls.CurveID) string {
	if name, ok := tlsGroups[id]; ok || id == 0 {
		return name
	}
	return fmt.Sprintf("0x%04x", uint16(id))
}
