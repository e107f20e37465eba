package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"sonde"
)

// TestKinds holds which failure an error of the system is, by phase.
func TestKinds(t *testing.T) {
	system := func(errno syscall.Errno) error { return &net.OpError{Op: "dial", Net: "tcp", Err: errno} }
	tests := []struct {
		err                              error
		connect, handshake, header, body sonde.Failure
	}{
		{system(syscall.ECONNREFUSED), sonde.Refused, sonde.Handshake, sonde.Malformation, sonde.Malformation},
		{system(syscall.ECONNRESET), sonde.Reset, sonde.Reset, sonde.Reset, sonde.ShortBody},
		{system(syscall.EPIPE), sonde.Reset, sonde.Reset, sonde.Reset, sonde.ShortBody},
		{system(syscall.EHOSTUNREACH), sonde.Unreachable, sonde.Handshake, sonde.Malformation, sonde.Malformation},
		{system(syscall.ENETUNREACH), sonde.Unreachable, sonde.Handshake, sonde.Malformation, sonde.Malformation},
		{system(syscall.ETIMEDOUT), sonde.ConnectTimeout, sonde.TLSTimeout, sonde.HeaderTimeout, sonde.BodyTimeout},
		{system(syscall.EMFILE), sonde.ConnectFailed, sonde.Handshake, sonde.Malformation, sonde.Malformation},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), sonde.ConnectTimeout, sonde.TLSTimeout, sonde.HeaderTimeout, sonde.BodyTimeout},
		{io.EOF, sonde.ConnectFailed, sonde.Handshake, sonde.EmptyReply, sonde.Malformation},
		{io.ErrUnexpectedEOF, sonde.ConnectFailed, sonde.Handshake, sonde.Reset, sonde.ShortBody},
	}
	for _, test := range tests {
		for phase, kinds := range map[string][2]sonde.Failure{
			"connect":   {connectKind(test.err), test.connect},
			"handshake": {handshakeKind(test.err), test.handshake},
			"header":    {headerKind(test.err), test.header},
			"body":      {bodyKind(test.err), test.body},
		} {
			if kinds[0] != kinds[1] {
				t.Errorf("%s: %v is %q, want %q", phase, test.err, kinds[0], kinds[1])
			}
		}
	}
}

// TestReason: a detail says what came, without the layers that say what was tried.
func TestReason(t *testing.T) {
	inner := errors.New("no such thing")
	for err, want := range map[error]string{
		inner: "no such thing",
		&net.OpError{Op: "dial", Net: "tcp", Err: inner}:                                         "no such thing",
		&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "read", Err: inner}}:  "no such thing",
		fmt.Errorf("reading: %w", &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}): syscall.ECONNRESET.Error(),
	} {
		if got := reason(err); got != want {
			t.Errorf("reason(%v) = %q, want %q", err, got, want)
		}
	}
}

// TestSettle: whoever is given a connection waits until the reader has looked at it.
func TestSettle(t *testing.T) {
	for name, look := range map[string]func(*connection){
		"reads on": func(c *connection) { c.Read(make([]byte, 1)) },
		"closes":   func(c *connection) { c.Close() },
	} {
		ours, theirs := net.Pipe()
		c := newConnection(ours)
		looked := make(chan struct{})
		settled := make(chan struct{})
		go func() {
			c.settle(t.Context())
			close(settled)
		}()
		go func() {
			look(c)
			close(looked)
		}()
		<-settled
		if !c.reading.Load() && !c.closed.Load() {
			t.Errorf("%s: settled before anybody looked", name)
		}
		theirs.Close()
		<-looked
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	newConnection(nil).settle(ended) // returns
}
