package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"sonde"
)

// A probe is a question while it is asked.
type probe struct {
	Question
	left atomic.Int64 // connections that may still be opened
}

// errSpent says that no more connections may be opened.
var errSpent = errors.New("all connections that may be made were made")

// A dialError is an error of reaching the place, before TLS.
type dialError struct{ error }

// Unwrap gives the error of the network.
func (e dialError) Unwrap() error { return e.error }

// connect opens a connection and takes it to where TLS begins. It ends by itself when
// its time is over, or ctx is.
func (p *probe) connect(ctx context.Context) (net.Conn, error) {
	if p.left.Add(-1) < 0 {
		return nil, errSpent
	}
	deadline := time.Now().Add(p.Limit)
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	raw, err := p.Dial(limited)
	if err != nil {
		return nil, dialError{err}
	}
	c := &bound{Conn: raw, release: context.AfterFunc(ctx, func() { raw.Close() })}
	if err := errors.Join(c.SetDeadline(deadline), p.upgrade(c)); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (p *probe) upgrade(c net.Conn) error {
	if p.StartTLS == "" {
		return nil
	}
	return StartTLS(c, p.StartTLS, p.Host)
}

// bound is a connection that a context closes.
type bound struct {
	net.Conn
	release func() bool
}

// Close closes the connection and frees it of the context.
func (b *bound) Close() error {
	b.release()
	return b.Conn.Close()
}

// shake makes the handshake of a client of today. Where the place insists on a protocol
// that was not offered (RFC 7301, section 3.2), none is offered.
func (p *probe) shake(ctx context.Context) sonde.TLSFacts {
	facts, err := p.shakeOnce(ctx, p.ALPN)
	if err != nil && strings.Contains(err.Error(), "no application protocol") {
		facts, err = p.shakeOnce(ctx, nil)
	}
	if err != nil {
		facts.Failure, facts.Detail = failureOf(err), p.detail(err)
	}
	facts.StartTLS = p.StartTLS
	return facts
}

func (p *probe) shakeOnce(ctx context.Context, alpn []string) (facts sonde.TLSFacts, err error) {
	c, err := p.connect(ctx)
	if err != nil {
		return facts, err
	}
	defer c.Close()
	config := &tls.Config{
		ServerName:         p.Host,
		NextProtos:         alpn,
		InsecureSkipVerify: true, // Facts judges, so that a bad certificate is told and not only refused
		VerifyConnection: func(state tls.ConnectionState) error {
			facts = Facts(state, p.Host, p.Roots, time.Now())
			return nil
		},
	}
	return facts, tls.Client(c, config).HandshakeContext(ctx)
}

// failureOf says which failure an error of reaching the place or of shaking hands is.
func failureOf(err error) sonde.Failure {
	if d, ok := errors.AsType[dialError](err); ok {
		return sonde.ConnectFailure(d.error)
	}
	if refusal, ok := errors.AsType[*RefusalError](err); ok && refusal != nil {
		return sonde.NotTLS
	}
	return sonde.HandshakeFailure(err)
}

// detail says what was tried and what came.
func (p *probe) detail(err error) string {
	tried := "shaking hands (TLS) with "
	if _, ok := errors.AsType[dialError](err); ok {
		tried = "connecting to "
	}
	return sonde.Tidy(fmt.Sprintf("%s%s: %s", tried, p.Host, sonde.Cause(err)))
}
