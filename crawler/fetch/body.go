package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"sonde"
)

// Bounds on bodies, in bytes.
const (
	measuredBody = 64 << 10 // of what is only measured or checked
	opaqueBody   = 1 << 20  // of what is neither text nor markup
	freeOfRatio  = 1 << 20  // decoded before the ratio counts
	maxRatio     = 100      // decoded to received
	smallRest    = 64 << 10 // read after the end or the cut, so that the connection can be used again
)

// An allowance is how much of a body is read.
type allowance struct {
	wire, decoded int64
	wanted        bool // the whole is wanted, so that what is cut is missing
}

// allow says how much of the body of an answer to r is read.
func (f *Fetcher) allow(r Request, mediaType string) allowance {
	switch {
	case r.Use == sonde.Measure || r.Use == sonde.Check:
		return allowance{wire: measuredBody, decoded: measuredBody}
	case r.MaxBody > 0:
		return allowance{wire: r.MaxBody, decoded: 2 * r.MaxBody, wanted: true}
	case r.Use == sonde.Read && !textual(mediaType):
		limit := min(opaqueBody, f.policy.MaxBody)
		return allowance{wire: limit, decoded: limit, wanted: true}
	}
	return allowance{wire: f.policy.MaxBody, decoded: 2 * f.policy.MaxBody, wanted: true}
}

// errCut ends a body that goes on past its allowance.
var errCut = errors.New("the body is larger than is read")

// A wire is a body as it comes: it counts, tells the watch, and ends at a limit.
type wire struct {
	body  io.Reader
	watch *watch
	limit int64
	n     int64 // received, at most limit
	err   error // the last that body gave; errCut at the limit
}

func (w *wire) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	room := w.limit - w.n
	if int64(len(p)) > room+1 {
		p = p[:room+1] // one more, to see whether the body goes on
	}
	n, err := w.body.Read(p)
	w.watch.got(n)
	if int64(n) > room {
		n, err = int(room), errCut
	}
	w.n += int64(n)
	w.err = err
	return n, err
}

// A draught is what was read of a body.
type draught struct {
	body []byte // owned by the caller; nil unless kept
	sum  [32]byte
	n    int64 // decoded
	err  error // nil at the end of the body
	why  string
}

// scratch lends buffers to read into. Its zero value is ready, and safe for
// concurrent use.
type scratch struct{ pool sync.Pool }

// Sizes of the buffers to read into.
const (
	firstBuffer = 64 << 10
	maxIdle     = 1 << 20 // larger ones are not kept
)

func (s *scratch) lend() []byte {
	if b, ok := s.pool.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, firstBuffer)
}

func (s *scratch) giveBack(b []byte) {
	if cap(b) <= maxIdle {
		s.pool.Put(&b)
	}
}

// grow gives a full buffer more room: four times as much, but no more than a body of the
// announced length takes.
func grow(buffer []byte, announced int64) []byte {
	if int64(len(buffer)) > announced {
		return append(buffer, 0)[:len(buffer)]
	}
	larger := make([]byte, len(buffer), min(4*int64(cap(buffer)), announced+1))
	copy(larger, buffer)
	return larger
}

// A measure says how a body is to be read.
type measure struct {
	limit     int64                  // bytes decoded
	announced int64                  // bytes that will come, 0 where nothing says
	keep      bool                   // the body is wanted
	sink      io.Writer              // takes what comes, too
	room      func(more int64) error // waits for room for more bytes that are kept
}

// drink reads src to its end, or to the decoded limit. w is the wire below src,
// against which the ratio is held. A body that is kept and whose length is announced is
// read to where it stays; nobody is believed so far as to be given more than firstBuffer
// before it comes.
func (s *scratch) drink(src io.Reader, w *wire, m measure) draught {
	var buffer []byte
	have, first := 0, firstBuffer // bytes there is room for; at first
	settled := m.keep && m.announced > 0
	if settled {
		m.announced = min(m.announced, m.limit)
		first = int(m.announced + 1) // one more, to see the end
		buffer = make([]byte, 0, min(first, firstBuffer))
	} else {
		buffer = s.lend()
		defer func() { s.giveBack(buffer) }()
	}
	if !m.keep {
		have = cap(buffer)
	}
	var d draught
	sum := sha256.New()
	for d.err == nil {
		if len(buffer) == have {
			more := max(first, 3*have)
			if d.err = m.room(int64(more)); d.err != nil {
				break
			}
			have += more
		}
		if len(buffer) == cap(buffer) {
			buffer = grow(buffer, m.announced)
		}
		n, err := src.Read(buffer[len(buffer):min(have, cap(buffer))])
		if over := d.n + int64(n) - m.limit; over > 0 {
			n, err = n-int(over), errCut
		}
		d.n += int64(n)
		d.err = err
		sum.Write(buffer[len(buffer) : len(buffer)+n])
		if _, refused := m.sink.Write(buffer[len(buffer) : len(buffer)+n]); refused != nil {
			d.err = refused
		}
		if m.keep {
			buffer = buffer[:len(buffer)+n]
		}
		if d.n > freeOfRatio && d.n > maxRatio*w.n && d.err == nil {
			d.err, d.why = errCut, fmt.Sprintf("it unpacks to more than %d times its size", maxRatio)
		}
	}
	switch {
	case settled:
		d.body = buffer
	case m.keep:
		d.body = append(make([]byte, 0, len(buffer)), buffer...)
	}
	if errors.Is(d.err, io.EOF) {
		d.err = nil
		sum.Sum(d.sum[:0])
	}
	return d
}

// readBody reads the body of an answer into its fetch, and says what is missing.
func (x *exchange) readBody(ctx context.Context, resp *http.Response) {
	fetch := x.answer.Fetch
	allowance := x.fetcher.allow(x.request, fetch.ContentType)
	sink := io.Discard
	if x.request.Sink != nil {
		sink = x.request.Sink(fetch)
	}
	if bodyless(x.request, resp) {
		fetch.BodyBytes = measuredLength(x.request, resp)
		return
	}
	w := &wire{body: resp.Body, watch: x.watch, limit: allowance.wire}
	defer func() { fetch.WireBytes = w.n }()
	names, err := codings(resp.Header["Content-Encoding"])
	if err != nil {
		x.fail(failed(sonde.BadEncoding, err, "decoding the body from %s", x.target.host))
		fetch.Truncated, fetch.BodyBytes = true, -1
		return
	}
	x.decode(ctx, names, w, allowance, resp, sink)
}

// bodyless reports whether the answer has no body to read: to HEAD, and by status
// (RFC 9110, section 6.4.1).
func bodyless(r Request, resp *http.Response) bool {
	return r.method() == http.MethodHead || resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified
}

// measuredLength is what Content-Length says of a body that did not come.
func measuredLength(r Request, resp *http.Response) int64 {
	if r.method() == http.MethodHead {
		return resp.ContentLength
	}
	return 0
}

// decode reads the body with its codings undone, into the fetch and sink.
func (x *exchange) decode(ctx context.Context, names []string, w *wire, allowance allowance, resp *http.Response, sink io.Writer) {
	fetch := x.answer.Fetch
	decoding, err := x.fetcher.decoders.open(names, w)
	if err != nil {
		x.fail(failed(sonde.BadEncoding, err, "decoding the body from %s", x.target.host))
		return
	}
	defer decoding.close()
	d := x.fetcher.scratch.drink(decoding, w, measure{
		limit: allowance.decoded, announced: announced(names, resp), keep: x.request.Keep, sink: sink,
		room: func(more int64) error { return x.takeRoom(ctx, more) },
	})
	x.request.Hold.settle(int64(len(d.body)))
	fetch.Body, fetch.BodyBytes, fetch.BodySHA256 = d.body, d.n, d.sum
	switch {
	case d.err == nil:
		x.finish(w, resp)
	case errors.Is(d.err, errCut):
		x.cut(d, w, allowance, resp)
	case w.n == 0 && errors.Is(w.err, io.EOF):
		fetch.BodySHA256 = sha256.Sum256(nil) // nothing was encoded
	default:
		fetch.Truncated = true
		x.fail(x.brokenBody(ctx, d.err, w))
	}
}

// takeRoom waits for room for more of the body. That time is ours and not the peer's.
func (x *exchange) takeRoom(ctx context.Context, more int64) error {
	x.watch.enter(holding)
	defer x.watch.enter(reading)
	return x.request.Hold.take(ctx, more)
}

// announced is how long the body will be when its codings are undone, 0 where nothing
// says.
func announced(names []string, resp *http.Response) int64 {
	if len(names) > 0 {
		return 0
	}
	return max(resp.ContentLength, 0)
}

// finish is for a body that came whole: what may follow its encoding is passed
// over, and an end that is none is noted.
func (x *exchange) finish(w *wire, resp *http.Response) {
	if w.err == nil {
		x.watch.hurry(restTime)
		io.CopyN(io.Discard, w, smallRest) // nothing of it is wanted
	}
	if x.endUnsure(resp) {
		x.answer.Fetch.Truncated = true
		x.answer.Fetch.BodySHA256 = [32]byte{}
		x.answer.Detail = "the connection ended without close_notify (TLS), so more may have been to come"
	}
}

// cut is for a body that goes on past its allowance.
func (x *exchange) cut(d draught, w *wire, allowance allowance, resp *http.Response) {
	fetch := x.answer.Fetch
	fetch.Truncated = allowance.wanted
	if !allowance.wanted || !textual(fetch.ContentType) {
		fetch.BodyBytes = resp.ContentLength
	}
	if allowance.wanted {
		why := d.why
		if why == "" {
			why = "it is larger"
		}
		x.answer.Detail = fmt.Sprintf("the body was cut after %d bytes (%d received): %s", d.n, w.n, why)
	}
	if rest := resp.ContentLength - w.n; rest > 0 && rest <= smallRest {
		x.watch.hurry(restTime)
		io.CopyN(io.Discard, resp.Body, rest) // nothing of it is wanted
	}
}

// brokenBody says why a body ended early. A coded body whose transfer is complete
// and whose code is not was cut by the peer too: where the end of the connection
// is the end of the body, nothing else tells.
func (x *exchange) brokenBody(ctx context.Context, err error, w *wire) *failure {
	switch {
	case ctx.Err() != nil, w.err != nil && !errors.Is(w.err, io.EOF):
		return asFailure(causeOf(ctx, w.err), func(err error) *failure { return bodyFailure(x.target.host, err) })
	case errors.Is(err, io.ErrUnexpectedEOF):
		return failed(sonde.ShortBody, nil, "decoding the body from %s: it ends before its encoding does", x.target.host)
	}
	return failed(sonde.BadEncoding, err, "decoding the body from %s", x.target.host)
}

// endUnsure reports whether the body ended with the connection, and the
// connection without the alert that makes its end sure (RFC 8446, section 6.1).
func (x *exchange) endUnsure(resp *http.Response) bool {
	closes := resp.ProtoMajor == 1 && resp.ContentLength < 0 && len(resp.TransferEncoding) == 0
	return closes && x.target.scheme == "https" && x.line != nil && x.line.ended.Load()
}
