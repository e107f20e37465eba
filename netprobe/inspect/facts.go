package inspect

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"

	"sonde"
)

// Facts puts into words what a handshake with host showed, and judges it as a client
// that trusts roots (nil: the system's) would at the time now.
func Facts(state tls.ConnectionState, host string, roots *x509.CertPool, now time.Time) sonde.TLSFacts {
	facts := sonde.DescribeTLS(state)
	showCertificates(&facts, state.PeerCertificates, state.OCSPResponse, now)
	judge(&facts, state.PeerCertificates, host, roots, now)
	return facts
}

// showCertificates adds what was shown: the chain, and what an authority says of it.
func showCertificates(facts *sonde.TLSFacts, chain []*x509.Certificate, staple []byte, now time.Time) {
	if len(chain) == 0 {
		return
	}
	leaf := sonde.DescribeCertificate(chain[0])
	facts.Certificate = &leaf
	for _, c := range chain[1:] {
		facts.Chain = append(facts.Chain, sonde.DescribeCertificate(c))
	}
	facts.Staple = readStaple(staple, chain, now)
}

// judge adds whether the chain verifies.
func judge(facts *sonde.TLSFacts, chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) {
	failure, err := sonde.JudgeChain(chain, host, roots, now)
	if err == nil {
		return
	}
	facts.Failure, facts.Detail = failure, sonde.Tidy(err.Error())
	if facts.Certificate != nil {
		facts.Certificate.VerifyError = facts.Detail
	}
}

// ocspStatus are the words for the statuses of RFC 6960, section 4.2.1.
var ocspStatus = map[int]string{ocsp.Good: "good", ocsp.Revoked: "revoked", ocsp.Unknown: "unknown"}

// readStaple reads an OCSP response for the leaf of a chain; nil where there is none.
func readStaple(der []byte, chain []*x509.Certificate, now time.Time) *sonde.OCSPStaple {
	if len(der) == 0 {
		return nil
	}
	issuer := issuerOf(chain)
	response, err := ocsp.ParseResponse(der, issuer)
	if err != nil {
		return &sonde.OCSPStaple{Fault: sonde.Tidy("it cannot be read: " + err.Error())}
	}
	staple := &sonde.OCSPStaple{
		Status:     ocspStatus[response.Status],
		ThisUpdate: response.ThisUpdate.UTC(),
		NextUpdate: response.NextUpdate.UTC(),
	}
	if response.Status == ocsp.Revoked {
		staple.RevokedAt = response.RevokedAt.UTC()
	}
	switch {
	case response.SerialNumber.Cmp(chain[0].SerialNumber) != 0:
		staple.Fault = "it is for another certificate"
	case now.Before(response.ThisUpdate):
		staple.Fault = "its time has not come"
	case !response.NextUpdate.IsZero() && now.After(response.NextUpdate):
		staple.Fault = "it is out of date"
	case issuer == nil:
		staple.Fault = "nobody can check its signature: the issuer's certificate is not shown"
	}
	return staple
}

// issuerOf finds the certificate of who signed the leaf; nil where it is not shown.
func issuerOf(chain []*x509.Certificate) *x509.Certificate {
	i := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return chain[0].CheckSignatureFrom(c) == nil })
	if i < 0 {
		return nil
	}
	return chain[i]
}
