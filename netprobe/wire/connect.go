package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"sync/atomic"
	"time"

	"sonde"
)

// Conversation is what a connecting end says and waits for.
type Conversation struct {
	// In is what to say. A Read of it that never ends, such as of a terminal, outlives
	// the conversation: only the end of the process ends it.
	In        io.Reader
	Out       io.Writer      // where goes what comes
	Expect    *regexp.Regexp // the conversation ends well as soon as this has come; nil: when the other end closes
	Silence   time.Duration  // how long nothing may come; 0: without limit
	Datagrams bool           // the connection is of UDP, where only silence is an end
}

// Ends of a conversation that are none.
var (
	ErrSilent = errors.New("nothing came in time")
	ErrUnmet  = errors.New("what was to come did not")
)

const (
	maxDatagram = 1_400    // bytes of what is said, in each
	maxTail     = 64 << 10 // bytes in which Expect is looked for
	lastWords   = 500 * time.Millisecond
)

// Hold holds the conversation on c, and closes it. All that In gives is said; behind its
// end the other end is told that nothing follows, unless something is expected. The error
// is ErrSilent, ErrUnmet, that of the connection, of Out, or of ctx.
func (c Conversation) Hold(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	t := &turn{Conversation: c, conn: conn, fault: make(chan error, 1), said: make(chan struct{})}
	go func() {
		defer close(t.said)
		t.say()
	}()
	err := t.listen()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A turn is a conversation while it is held.
type turn struct {
	Conversation
	conn  net.Conn
	quiet atomic.Bool   // In has given all
	said  chan struct{} // closed when all is said
	fault chan error    // why In could not be said
	heard bool
	tail  []byte
}

// say says all that In gives.
func (t *turn) say() {
	err := t.sayAll()
	t.quiet.Store(true)
	if err != nil {
		t.fault <- err
		t.conn.Close()
		return
	}
	if half, ok := t.conn.(interface{ CloseWrite() error }); ok && t.Expect == nil {
		_ = half.CloseWrite() // where it fails, reading fails too
	}
}

// sayAll says what In gives up to its end. Where nobody takes it any more, what the other
// end had to say may still lie there, so that reading goes on and says what happened.
func (t *turn) sayAll() error {
	buffer := make([]byte, 32<<10)
	if t.Datagrams {
		buffer = buffer[:maxDatagram]
	}
	for {
		n, err := t.In.Read(buffer)
		if n > 0 || t.Datagrams && err == nil { // a datagram may be empty
			if _, err := t.conn.Write(buffer[:n]); err != nil {
				return nil
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// listen passes on what comes until there is an end.
func (t *turn) listen() error {
	buffer := make([]byte, 64<<10)
	for {
		if t.Silence > 0 {
			_ = t.conn.SetReadDeadline(time.Now().Add(t.Silence)) // where it fails, reading does
		}
		n, err := t.conn.Read(buffer)
		if n > 0 {
			t.heard = true
			if _, err := t.Out.Write(buffer[:n]); err != nil {
				return err
			}
			if t.met(buffer[:n]) {
				return nil
			}
		}
		if err == nil {
			continue
		}
		if end, ok := t.end(err); ok {
			return end
		}
	}
}

// end says what an error of reading means, and whether it is the end.
func (t *turn) end(err error) (error, bool) {
	select {
	case fault := <-t.fault:
		return fault, true
	default:
	}
	switch {
	case errors.Is(err, io.EOF) && t.Expect != nil:
		return ErrUnmet, true
	case errors.Is(err, io.EOF):
		t.finish()
		return nil, true
	case !sonde.TimedOut(err):
		return err, true
	case t.Datagrams && !t.quiet.Load():
		return nil, false
	case t.Datagrams && t.heard && t.Expect == nil:
		return nil, true
	}
	return ErrSilent, true
}

// finish lets what In gives already be said to one who has said all, and may still listen.
func (t *turn) finish() {
	select {
	case <-t.said:
	case <-time.After(lastWords):
	}
}

// met reports whether what came last completes what is expected.
func (t *turn) met(came []byte) bool {
	if t.Expect == nil {
		return false
	}
	t.tail = append(t.tail, came...)
	if over := len(t.tail) - maxTail; over > 0 {
		t.tail = append(t.tail[:0], t.tail[over:]...)
	}
	return t.Expect.Match(t.tail)
}
