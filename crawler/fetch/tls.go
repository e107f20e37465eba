package fetch

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"sonde"
)

// Protocols offered in ALPN (RFC 7301), the preferred first.
var (
	offerBoth  = []string{"h2", "http/1.1"}
	offerHTTP1 = []string{"http/1.1"}
)

// secure shakes hands on c with the host of address. Where that place broke the
// HTTP/2 protocol before, only HTTP/1.1 is offered.
func (d *dialer) secure(ctx context.Context, c *connection, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, failed(sonde.Handshake, err, "shaking hands with %s", address)
	}
	protocols := offerBoth
	if d.http1.has(address) || d.proxy != nil && address == d.proxy.url.Host {
		protocols = offerHTTP1
	}
	return d.shake(ctx, c, host, protocols)
}

// shake makes the TLS handshake on c, and notes there what it took and told. The
// certificate is judged by us, so that a bad one is known too. c is closed when
// the handshake fails.
func (d *dialer) shake(ctx context.Context, c *connection, host string, protocols []string) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	config := d.tls.Clone()
	config.ServerName = plainHost(host)
	config.NextProtos = protocols
	config.InsecureSkipVerify = true // VerifyConnection verifies instead
	config.VerifyConnection = func(state tls.ConnectionState) error {
		facts, err := d.certs.judge(state, config.ServerName, config.RootCAs)
		c.tls = facts
		if d.insecure {
			return nil
		}
		return err
	}
	start := time.Now()
	secured := tls.Client(c, config)
	err := secured.HandshakeContext(ctx)
	c.tlsTime = time.Since(start)
	if err != nil {
		c.Close()
		f := asFailure(err, func(err error) *failure { return handshakeFailure(host, err) })
		f.line = c
		return nil, f
	}
	return secured, nil
}

// handshakeFailure says why the handshake with host failed.
func handshakeFailure(host string, err error) *failure {
	return failed(sonde.HandshakeFailure(err), err, "shaking hands (TLS) with %s", host)
}
