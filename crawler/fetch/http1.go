package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/textproto"
	"syscall"
)

// http1 makes exchanges in HTTP/1.1 over plain TCP, which are most of a crawl in a
// network of one's own. Each takes the goroutine it has: net/http hands a request to
// one that writes and another that reads, which costs more than the exchange. What an
// answer means is still for net/http's ReadResponse to say. It is safe for concurrent
// use.
type http1 struct {
	dialer *dialer
	idle   shelf
}

// suits reports whether an exchange may go this way. All that needs TLS, a proxy, a
// content or a name that is not ASCII goes through net/http.
func (h *http1) suits(x *exchange) bool {
	method := x.request.method()
	return peeks && x.target.scheme == "http" && h.dialer.proxy == nil && isPlain(x.target.host) &&
		(method == http.MethodGet || method == http.MethodHead) && x.request.Content == nil
}

// roundTrip sends the request on an idle line or a new one and gives the answer, whose
// body is to be closed. A line may be closed by the peer at the moment at which it is
// used again: where nothing came on it, a new one is asked.
func (h *http1) roundTrip(ctx context.Context, x *exchange, r *http.Request) (*http.Response, error) {
	place := net.JoinHostPort(x.target.hostname(), x.target.port())
	if l := h.idle.take(place); l != nil {
		resp, err := h.ask(ctx, l, x, r)
		if err == nil || !l.untouched() || ctx.Err() != nil {
			return resp, err
		}
	}
	c, err := h.dialer.reach(ctx, place)
	if err != nil {
		return nil, err
	}
	return h.ask(ctx, newLine(c, place), x, r)
}

// ask makes one exchange on a line, which is closed where it fails.
func (h *http1) ask(ctx context.Context, l *line, x *exchange, r *http.Request) (*http.Response, error) {
	x.travel(l.connection, l.used)
	unwatch := context.AfterFunc(ctx, func() { l.Close() })
	resp, err := l.exchange(r, x.got1xx)
	if err != nil {
		unwatch()
		l.Close()
		return nil, err
	}
	resp.Body = &lineBody{
		Reader: resp.Body, line: l, shelf: &h.idle, unwatch: unwatch,
		whole: resp.Body == http.NoBody,
		again: !resp.Close && resp.StatusCode >= http.StatusOK,
	}
	return resp, nil
}

// A line is a connection for one exchange after the other.
type line struct {
	*connection
	place string // "host:port"
	used  bool   // an exchange was made on it before
	raw   syscall.RawConn
	in    *bufio.Reader
	out   bytes.Buffer

	room int64 // bytes of header that may still come
	came bool  // a byte came since the request
}

func newLine(c *connection, place string) *line {
	l := &line{connection: c, place: place}
	l.in = bufio.NewReader(incoming{l})
	if c, ok := c.Conn.(syscall.Conn); ok {
		l.raw, _ = c.SyscallConn() // without it the line is used once
	}
	return l
}

var errHeaderTooBig = fmt.Errorf("the header is larger than %d bytes", maxHeaderBytes)

// incoming is what the peer of a line sends.
type incoming struct{ line *line }

func (i incoming) Read(p []byte) (int, error) {
	if i.line.room <= 0 {
		return 0, errHeaderTooBig
	}
	n, err := i.line.Conn.Read(p[:min(int64(len(p)), i.line.room)])
	i.line.room -= int64(n)
	i.line.came = i.line.came || n > 0
	return n, err
}

// exchange sends a request and reads the header of its answer, and of interim ones
// before. Where the request cannot be sent whole, the peer may have answered before.
func (l *line) exchange(r *http.Request, got1xx func(int, textproto.MIMEHeader) error) (*http.Response, error) {
	l.came, l.room = false, maxHeaderBytes
	l.out.Reset()
	if err := r.Write(&l.out); err != nil {
		return nil, err
	}
	_, unsent := l.Conn.Write(l.out.Bytes())
	if _, err := l.in.Peek(1); err != nil {
		return nil, cmp.Or(unsent, err)
	}
	for {
		resp, err := http.ReadResponse(l.in, r)
		if err != nil {
			return nil, err
		}
		if !interim(resp.StatusCode) {
			l.room = math.MaxInt64
			return resp, nil
		}
		if err := got1xx(resp.StatusCode, nil); err != nil {
			return nil, err
		}
		l.room = maxHeaderBytes
	}
}

// interim reports whether the final answer is still to come after one of that status. One
// that switches protocols is final (RFC 9110, section 15.2.2).
func interim(status int) bool {
	return status/100 == 1 && status != http.StatusSwitchingProtocols
}

// untouched reports whether the peer took the line down without a byte of an answer.
func (l *line) untouched() bool { return l.used && !l.came }

// A lineBody is the body of an answer. Closed after its end, it keeps the line for the
// next exchange.
type lineBody struct {
	io.Reader
	line    *line
	shelf   *shelf
	unwatch func() bool
	whole   bool // read to its end
	again   bool // the line may be used again
}

func (b *lineBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		b.whole = true
	}
	return n, err
}

func (b *lineBody) Close() error {
	if b.unwatch() && b.whole && b.again && b.line.in.Buffered() == 0 {
		b.line.used = true
		b.shelf.put(b.line)
		return nil
	}
	return b.line.Close()
}
