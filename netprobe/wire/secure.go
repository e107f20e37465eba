package wire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

// validity is how long a certificate of our own is good for.
const validity = 30 * 24 * time.Hour

// SelfSigned makes a certificate that nobody vouches for, for a listening end of our own.
// Its [FingerprintOf] is for the other end to hold it against.
func SelfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "sonde"},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Fingerprint is the SHA-256 of a certificate.
type Fingerprint [sha256.Size]byte

// FingerprintOf is the fingerprint of a certificate in DER.
func FingerprintOf(der []byte) Fingerprint { return sha256.Sum256(der) }

// String writes it in lower-case hexadecimal digits.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// ParseFingerprint reads 64 hexadecimal digits, with or without colons between them.
func ParseFingerprint(text string) (Fingerprint, error) {
	digits, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(digits) != sha256.Size {
		return Fingerprint{}, errors.New("the SHA-256 of a certificate is wanted, 64 hexadecimal digits")
	}
	return Fingerprint(digits), nil
}

// Secure shakes hands on a connection with host. With want, the other end must show the
// certificate with that fingerprint; without it any is taken, and shown is for the caller
// to judge. The connection is closed when the handshake fails.
func Secure(ctx context.Context, c net.Conn, host string, want *Fingerprint) (secured *tls.Conn, shown []*x509.Certificate, err error) {
	secured = tls.Client(c, &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, // a fingerprint is stricter than any authority, and else the caller judges
		VerifyConnection: func(state tls.ConnectionState) error {
			shown = state.PeerCertificates
			if got := FingerprintOf(shown[0].Raw); want != nil && got != *want {
				return fmt.Errorf("the other end shows the certificate %s, which is not the one to expect", got)
			}
			return nil
		},
	})
	if err := shake(ctx, secured); err != nil {
		c.Close()
		return nil, shown, err
	}
	return secured, shown, nil
}

// shake shakes hands where a connection has TLS.
func shake(ctx context.Context, c net.Conn) error {
	secured, ok := c.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	return secured.HandshakeContext(ctx)
}
