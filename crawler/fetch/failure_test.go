package fetch

import (
	"context"
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
		err          error
		header, body sonde.Failure
	}{
		{system(syscall.ECONNREFUSED), sonde.Malformation, sonde.Malformation},
		{system(syscall.ECONNRESET), sonde.Reset, sonde.ShortBody},
		{system(syscall.EPIPE), sonde.Reset, sonde.ShortBody},
		{system(syscall.EHOSTUNREACH), sonde.Malformation, sonde.Malformation},
		{system(syscall.ENETUNREACH), sonde.Malformation, sonde.Malformation},
		{system(syscall.ETIMEDOUT), sonde.HeaderTimeout, sonde.BodyTimeout},
		{system(syscall.EMFILE), sonde.Malformation, sonde.Malformation},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), sonde.HeaderTimeout, sonde.BodyTimeout},
		{io.EOF, sonde.EmptyReply, sonde.Malformation},
		{io.ErrUnexpectedEOF, sonde.Reset, sonde.ShortBody},
	}
	for _, test := range tests {
		for phase, kinds := range map[string][2]sonde.Failure{
			"header": {headerKind(test.err), test.header},
			"body":   {bodyKind(test.err), test.body},
		} {
			if kinds[0] != kinds[1] {
				t.Errorf("%s: %v is %q, want %q", phase, test.err, kinds[0], kinds[1])
			}
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
