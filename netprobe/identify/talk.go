package identify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"sonde"
)

// talk is one conversation with a service. Whatever is read is bounded, and so is
// every wait. After the first failure nothing more comes and nothing more is said,
// so that a detector may look at the end whether it was understood.
type talk struct {
	conn     net.Conn // what is spoken on: the connection itself, or TLS on it
	tap      *tap     // what was said on it first
	hints    *Hints
	patience time.Duration // for one answer, however many pieces it comes in
	end      time.Time     // of the conversation
	in       []byte        // came and was not taken yet
	failed   error         // the first failure
	release  func() bool   // of the context that ends the conversation
}

// Bounds on one conversation.
const (
	maxAnswer = 256 << 10 // bytes of one answer
	maxAsked  = 1 << 10   // bytes that are kept of what was asked
	readSize  = 4 << 10
)

// Pauses of a conversation.
const (
	pause   = 100 * time.Millisecond // after which what came counts as all
	parting = 100 * time.Millisecond // for the other side to close too
)

var (
	errTooLong  = errors.New("the answer is too long")
	errNoMethod = errors.New("no method in common")
)

// newTalk begins a conversation on conn, which is closed when ctx ends.
func newTalk(ctx context.Context, conn net.Conn, h *Hints) *talk {
	tapped := &tap{Conn: conn}
	t := &talk{conn: tapped, tap: tapped, hints: h, patience: h.Limits.Answer}
	t.end, _ = ctx.Deadline()
	t.release = context.AfterFunc(ctx, func() { conn.Close() })
	return t
}

// bind lets another context end the conversation.
func (t *talk) bind(ctx context.Context) {
	t.release()
	t.release = context.AfterFunc(ctx, func() { t.tap.Conn.Close() })
}

// tap keeps the first bytes that go over a connection, each way: what the service
// says by itself, or in answer to the first question.
type tap struct {
	net.Conn
	heard []byte
	asked []byte
	full  bool // something was asked after something had been heard
}

func (c *tap) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.full {
		c.heard = append(c.heard, b[:min(n, sonde.MaxBanner-len(c.heard))]...)
	}
	return n, err
}

func (c *tap) Write(b []byte) (int, error) {
	c.full = c.full || len(c.heard) > 0
	c.asked = append(c.asked, b[:min(len(b), maxAsked-len(c.asked))]...)
	return c.Conn.Write(b)
}

// CloseWrite ends our side, where the connection has sides.
func (c *tap) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// heard is what the service said first.
func (t *talk) heard() []byte { return t.tap.heard }

// say sends words.
func (t *talk) say(words string) {
	if t.failed != nil {
		return
	}
	t.failed = t.conn.SetWriteDeadline(t.until(t.patience))
	if t.failed == nil {
		_, t.failed = io.WriteString(t.conn, words)
	}
}

// until is the end of a wait that begins now.
func (t *talk) until(wait time.Duration) time.Time {
	until := time.Now().Add(wait)
	if !t.end.IsZero() && t.end.Before(until) {
		return t.end
	}
	return until
}

// greeting waits for what the service says by itself, and goes on until somebody
// knows it or a pause is made. That nothing comes is no failure.
func (t *talk) greeting(wait time.Duration, known func([]byte) bool) {
	for t.failed == nil && !known(t.in) {
		before := len(t.in)
		t.failed = t.conn.SetReadDeadline(t.until(wait))
		t.more()
		if len(t.in) == before {
			break
		}
		wait = pause
	}
	if errors.Is(t.failed, os.ErrDeadlineExceeded) && time.Now().Before(t.end) {
		t.failed = nil
	}
}

// more reads what there is.
func (t *talk) more() {
	if len(t.in) >= maxAnswer {
		t.failed = errTooLong
	}
	if t.failed != nil {
		return
	}
	t.in = slices.Grow(t.in, readSize)
	n, err := t.conn.Read(t.in[len(t.in):cap(t.in)])
	t.in = t.in[:len(t.in)+n]
	t.failed = err
}

// hear reads until length tells, of what came so far, how much of it is one answer;
// negative: not all is there. It takes the answer, or fails and takes nothing.
func (t *talk) hear(length func(in []byte) int) []byte {
	if t.failed != nil {
		return nil
	}
	t.failed = t.conn.SetReadDeadline(t.until(t.patience))
	for {
		n := length(t.in)
		if n >= 0 && n <= len(t.in) {
			answer := t.in[:n]
			t.in = t.in[n:]
			if n > 0 { // it was no mere guess
				t.patience = max(t.patience, t.hints.Limits.Answer)
			}
			return answer
		}
		if t.failed != nil {
			return nil
		}
		t.more()
	}
}

// bytes takes the next n bytes.
func (t *talk) bytes(n int) []byte {
	if n < 0 || n > maxAnswer {
		t.failed = errTooLong
	}
	return t.hear(func([]byte) int { return n })
}

// line takes a line, without its end.
func (t *talk) line() string {
	line := t.hear(endOfLine)
	return string(bytes.TrimRight(line, "\r\n"))
}

// maxLines bounds the lines of one answer.
const maxLines = 256

// linesTo takes lines up to the first that is the last, or until too many came.
func (t *talk) linesTo(last func(line string) bool) []string {
	var lines []string
	for len(lines) < maxLines {
		line := t.line()
		if t.failed != nil {
			break
		}
		lines = append(lines, line)
		if last(line) {
			return lines
		}
	}
	if t.failed == nil {
		t.failed = errTooLong
	}
	return lines
}

// endOfLine gives the length of the first line with its end, -1 when it has none.
func endOfLine(in []byte) int {
	if i := bytes.IndexByte(in, '\n'); i >= 0 {
		return i + 1
	}
	return -1
}

// rest takes all that comes until the service pauses, closes or has said enough.
func (t *talk) rest(enough int) []byte {
	for t.failed == nil && len(t.in) < enough {
		t.failed = t.conn.SetReadDeadline(t.until(pause))
		t.more()
	}
	return t.in
}

// pausing takes what comes until the service pauses, which is no failure.
func (t *talk) pausing() []byte {
	said := t.rest(maxAnswer)
	if errors.Is(t.failed, os.ErrDeadlineExceeded) && time.Now().Before(t.end) {
		t.failed = nil
	}
	return said
}

// leave ends the conversation politely: our end first, then, when the other has
// closed too or a moment has passed, the whole connection.
func (t *talk) leave() {
	t.release()
	if half, ok := t.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		t.conn.SetReadDeadline(t.until(parting))
		io.CopyN(io.Discard, t.conn, maxAnswer)
	}
	t.conn.Close()
}

// drop ends the conversation at once.
func (t *talk) drop() {
	t.release()
	t.conn.Close()
}
