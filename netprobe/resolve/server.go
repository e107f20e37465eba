package resolve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"sonde"
)

// server is a way to somebody who answers questions. It is safe for concurrent use.
type server interface {
	// exchange asks and gives the reply, waiting until the deadline at most.
	exchange(ctx context.Context, q question, m manner, deadline time.Time) (reply, error)
	close()
}

// Ports of the DNS (RFC 1035, RFC 7858).
const (
	port    = "53"
	portTLS = "853"
)

// newServer is the way to a server as people name it: an address with or without port,
// tls://… or https://….
func newServer(text string, c *Config) (server, error) {
	scheme, rest, hasScheme := strings.Cut(text, "://")
	switch {
	case !hasScheme:
		address, err := place(text, port)
		return newDatagram(address), err
	case scheme == "tls":
		rest, name, named := strings.Cut(rest, "#")
		address, err := place(rest, portTLS)
		if !named && err == nil {
			name, _, err = net.SplitHostPort(address)
		}
		return newStream(address, &tls.Config{ServerName: name, RootCAs: c.Roots}), err
	case scheme == "https":
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" || u.User != nil {
			return nil, errors.New("it is no URL of a resolver, such as https://dns.example.org/dns-query")
		}
		if u.Path == "" || u.Path == "/" {
			u.Path = "/dns-query"
		}
		return newHTTPS(u.String(), &tls.Config{RootCAs: c.Roots}), nil
	}
	return nil, fmt.Errorf("%q is no way to ask: an address, tls:// or https:// is", scheme+"://")
}

// place completes a host or address, with or without port, to both.
func place(text, otherwise string) (string, error) {
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return net.JoinHostPort(address.String(), otherwise), nil
	}
	name, number, err := net.SplitHostPort(text)
	if err != nil {
		name, number = text, otherwise
	}
	if address, err := netip.ParseAddr(name); err == nil {
		name = address.String()
	} else if name, err = Name(name); err != nil {
		return "", err
	}
	if _, err := netip.ParseAddrPort(net.JoinHostPort("::", number)); err != nil || number == "0" {
		return "", fmt.Errorf("%q is no port", number)
	}
	return net.JoinHostPort(name, number), nil
}

// failureOf says which failure an error of an exchange is, and puts it into words.
func failureOf(err error, roots *x509.CertPool) (sonde.Failure, string) {
	if l, ok := errors.AsType[*lie](err); ok {
		return sonde.DNSMalformed, "a reply was refused: " + l.what
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificateFailure(bad, err, roots)
	}
	if sonde.TimedOut(err) {
		return sonde.DNSTimeout, "no answer came in time"
	}
	if isTLS(err) {
		return sonde.HandshakeFailure(err), sonde.Tidy(sonde.Cause(err))
	}
	return sonde.ConnectFailure(err), sonde.Tidy(sonde.Cause(err))
}

func isTLS(err error) bool {
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return record || alert
}

// certificateFailure says what is wrong with the certificate of a server.
func certificateFailure(bad *tls.CertificateVerificationError, err error, roots *x509.CertPool) (sonde.Failure, string) {
	name := ""
	if wrong, ok := errors.AsType[x509.HostnameError](err); ok {
		name = wrong.Host
	}
	failure, why := sonde.JudgeChain(bad.UnverifiedCertificates, name, roots, time.Now())
	if why == nil {
		failure, why = sonde.CertInvalid, bad.Err
	}
	return failure, sonde.Tidy("its certificate: " + why.Error())
}
