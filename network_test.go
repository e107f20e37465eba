package sonde

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
)

// TestNetworkFailures holds which failure an error of the system is, by phase.
func TestNetworkFailures(t *testing.T) {
	system := func(errno syscall.Errno) error { return &net.OpError{Op: "dial", Net: "tcp", Err: errno} }
	for _, test := range []struct {
		err                error
		connect, handshake Failure
	}{
		{system(syscall.ECONNREFUSED), Refused, Handshake},
		{system(syscall.ECONNRESET), Reset, Reset},
		{system(syscall.EPIPE), Reset, Reset},
		{system(syscall.EHOSTUNREACH), Unreachable, Handshake},
		{system(syscall.ENETUNREACH), Unreachable, Handshake},
		{system(syscall.ETIMEDOUT), ConnectTimeout, TLSTimeout},
		{system(syscall.EMFILE), ConnectFailed, Handshake},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), ConnectTimeout, TLSTimeout},
		{io.EOF, ConnectFailed, Handshake},
		{io.ErrUnexpectedEOF, ConnectFailed, Handshake},
	} {
		if got := ConnectFailure(test.err); got != test.connect {
			t.Errorf("connecting: %v is %q, want %q", test.err, got, test.connect)
		}
		if got := HandshakeFailure(test.err); got != test.handshake {
			t.Errorf("shaking hands: %v is %q, want %q", test.err, got, test.handshake)
		}
	}
}

// TestCause: a detail says what came, without the layers that say what was tried.
func TestCause(t *testing.T) {
	inner := errors.New("no such thing")
	for err, want := range map[error]string{
		inner: "no such thing",
		&net.OpError{Op: "dial", Net: "tcp", Err: inner}:                                         "no such thing",
		&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "read", Err: inner}}:  "no such thing",
		fmt.Errorf("reading: %w", &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}): syscall.ECONNRESET.Error(),
	} {
		if got := Cause(err); got != want {
			t.Errorf("Cause(%v) = %q, want %q", err, got, want)
		}
	}
}
