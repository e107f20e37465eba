package sonde

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Certificate is a certificate as it was shown, good or bad.
type Certificate struct {
	Subject, Issuer     string
	SANs                []string
	NotBefore, NotAfter time.Time
	Key                 string // "RSA 2048", "ECDSA P-256", "Ed25519"
	Signature           string // "SHA256-RSA"
	SHA256              [32]byte
	MustStaple          bool   // it asks for an OCSP staple in every handshake (RFC 7633)
	VerifyError         string // what [JudgeChain] says of a leaf; "" when it verifies
}

// DescribeCertificate puts a certificate into words. Whether it verifies is for
// [JudgeChain] to say.
func DescribeCertificate(c *x509.Certificate) Certificate {
	return Certificate{
		Subject:    Tidy(c.Subject.String()),
		Issuer:     Tidy(c.Issuer.String()),
		SANs:       certificateNames(c),
		NotBefore:  c.NotBefore.UTC(),
		NotAfter:   c.NotAfter.UTC(),
		Key:        certificateKey(c),
		Signature:  c.SignatureAlgorithm.String(),
		SHA256:     sha256.Sum256(c.Raw),
		MustStaple: mustStaple(c),
	}
}

// certificateNames are the names and addresses that a certificate is for, in its
// order. The size of the handshake message bounds them.
func certificateNames(c *x509.Certificate) []string {
	names := make([]string, 0, len(c.DNSNames)+len(c.IPAddresses))
	for _, name := range c.DNSNames {
		names = append(names, Tidy(name))
	}
	for _, address := range c.IPAddresses {
		names = append(names, address.String())
	}
	return names
}

func certificateKey(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return c.PublicKeyAlgorithm.String()
}

// tlsFeature is the certificate extension of RFC 7633, a sequence of the numbers of
// TLS extensions; statusRequest is that of OCSP staples.
var (
	tlsFeature    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}
	statusRequest = 5
)

func mustStaple(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		var features []int
		if !e.Id.Equal(tlsFeature) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &features); err == nil && slices.Contains(features, statusRequest) {
			return true
		}
	}
	return false
}

// JudgeChain verifies the chain that host showed, the leaf first, as a client of
// today would at the time now. Roots are the authorities it trusts; nil: the
// system's. It returns which failure the chain has and why, in words that are the
// same however often it is judged; NoFailure and nil where it verifies.
func JudgeChain(chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) (Failure, error) {
	if len(chain) == 0 {
		return CertInvalid, errors.New("no certificate was shown")
	}
	options := x509.VerifyOptions{Roots: roots, DNSName: host, CurrentTime: now, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(options)
	if err == nil {
		return NoFailure, nil
	}
	return chainFault(chain, host, now, err)
}

// chainFault says what fault it was that verification found.
func chainFault(chain []*x509.Certificate, host string, now time.Time, err error) (Failure, error) {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return CertName, nameFault(chain[0], host)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return invalidFault(chain[0], invalid, now)
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return CertInvalid, errors.New("unknown critical extension: it asks to be refused by who does not know it")
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, noRoots := errors.AsType[x509.SystemRootsError](err)
	if fault := unsound(chain); fault != nil && unknown {
		return CertInvalid, fault
	}
	if unknown || noRoots {
		return CertUntrusted, untrusted(chain)
	}
	return CertInvalid, err
}

// maxNames is how many of a certificate's names a sentence lists.
const maxNames = 5

func nameFault(leaf *x509.Certificate, host string) error {
	names := certificateNames(leaf)
	more := ""
	if len(names) > maxNames {
		more = fmt.Sprintf(" and %d more", len(names)-maxNames)
		names = names[:maxNames]
	}
	if len(names) == 0 {
		return fmt.Errorf("other name: it names no host, so it is not for %s", host)
	}
	return fmt.Errorf("other name: it is for %s%s, not for %s", strings.Join(names, ", "), more, host)
}

func invalidFault(leaf *x509.Certificate, err x509.CertificateInvalidError, now time.Time) (Failure, error) {
	whose := ""
	if err.Cert != nil && !err.Cert.Equal(leaf) {
		whose = fmt.Sprintf(" (%s, above the leaf)", err.Cert.Subject)
	}
	switch {
	case err.Reason == x509.Expired && err.Cert != nil && now.Before(err.Cert.NotBefore):
		return CertNotYet, fmt.Errorf("not yet valid: its time begins at %s%s", err.Cert.NotBefore.UTC().Format(time.RFC3339), whose)
	case err.Reason == x509.Expired && err.Cert != nil:
		return CertExpired, fmt.Errorf("expired since %s%s", err.Cert.NotAfter.UTC().Format(time.RFC3339), whose)
	case err.Reason == x509.NotAuthorizedToSign:
		return CertInvalid, fmt.Errorf("signed by what is no authority%s", whose)
	case err.Reason == x509.IncompatibleUsage:
		return CertInvalid, errors.New("other usage: it is not for servers")
	case err.Reason == x509.CANotAuthorizedForThisName:
		return CertInvalid, fmt.Errorf("name constraints: the authority may not sign for these names%s", whose)
	}
	return CertInvalid, err
}

// unsound says what fault of its own a chain has that crypto/x509 tells as an unknown
// authority: a signature by an algorithm that it refuses to check, or by a certificate
// that may not sign others.
func unsound(chain []*x509.Certificate) error {
	for i, c := range chain {
		if weak(c.SignatureAlgorithm) && !selfIssued(c) { // a signature of its own is checked by nobody
			return fmt.Errorf("weak signature: %s on %s", c.SignatureAlgorithm, c.Subject)
		}
		if i > 0 && !c.IsCA && bytes.Equal(c.RawSubject, chain[i-1].RawIssuer) {
			return fmt.Errorf("signed by what is no authority: %s", c.Subject)
		}
	}
	return nil
}

func weak(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// untrusted says why no way leads from the leaf to a trusted root.
func untrusted(chain []*x509.Certificate) error {
	if selfIssued(chain[0]) {
		return errors.New("self-signed")
	}
	top := chain[0]
	for range chain {
		i := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, top.RawIssuer) })
		if i < 0 {
			return fmt.Errorf("missing intermediate: %s, which signed %s, was not shown and is no trusted root", top.Issuer, top.Subject)
		}
		top = chain[i]
	}
	return fmt.Errorf("untrusted root: %s", top.Subject)
}
