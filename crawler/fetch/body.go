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

// scratch lends pieces to read into. Its zero value is ready, and safe for concurrent
// use.
type scratch struct{ pool sync.Pool }

// pieceSize is how much of a body is read into one piece.
const pieceSize = 64 << 10

func (s *scratch) lend() []byte {
	if piece, ok := s.pool.Get().(*[pieceSize]byte); ok {
		return piece[:0]
	}
	return make([]byte, 0, pieceSize)
}

func (s *scratch) giveBack(piece []byte) {
	if cap(piece) == pieceSize {
		s.pool.Put((*[pieceSize]byte)(piece[:pieceSize]))
	}
}

// A measure says how a body is to be read.
type measure struct {
	limit     int64                  // bytes decoded
	announced int64                  // bytes that will come, 0 where nothing says
	keep      bool                   // the body is wanted
	sink      io.Writer              // takes what comes, too
	room      func(more int64) error // waits for room for more bytes that are kept
}

// short reports whether the body is to be read to where it stays.
func (m measure) short() bool { return m.keep && 0 < m.announced && m.announced < pieceSize }

// A vessel is what a body is read into: pieces that are used again, so that it takes no
// memory but what has come. A short body is read to where it stays.
type vessel struct {
	measure measure
	scratch *scratch
	full    [][]byte
	piece   []byte // nil before the first
}

// space is where the next bytes may go.
func (v *vessel) space() ([]byte, error) {
	if len(v.piece) == cap(v.piece) {
		if err := v.begin(); err != nil {
			return nil, err
		}
	}
	return v.piece[len(v.piece):cap(v.piece)], nil
}

// begin begins a new piece, when there is room for it.
func (v *vessel) begin() error {
	size := int64(pieceSize)
	short := v.measure.short() && v.piece == nil
	if short {
		size = v.measure.announced + 1 // one more, to see the end
	}
	if v.measure.keep {
		if err := v.measure.room(size); err != nil {
			return err
		}
	}
	if v.piece != nil {
		v.full = append(v.full, v.piece)
	}
	if short {
		v.piece = make([]byte, 0, size)
	} else {
		v.piece = v.scratch.lend()
	}
	return nil
}

// hold notes that n bytes are in the space. What is not kept makes room for the next.
func (v *vessel) hold(n int) {
	if v.measure.keep {
		v.piece = v.piece[:len(v.piece)+n]
	}
}

// empty gives what the vessel holds, nil where nothing is kept. The vessel is not to be
// used after it.
func (v *vessel) empty() []byte {
	if v.measure.short() && len(v.full) == 0 {
		return v.piece
	}
	var body []byte
	if v.measure.keep {
		body = make([]byte, 0, len(v.full)*pieceSize+len(v.piece))
	}
	for _, piece := range append(v.full, v.piece) {
		body = append(body, piece...)
		v.scratch.giveBack(piece)
	}
	return body
}

// drink reads src to its end, or to the decoded limit. w is the wire below src,
// against which the ratio is held.
func (s *scratch) drink(src io.Reader, w *wire, m measure) draught {
	v := vessel{measure: m, scratch: s}
	var d draught
	sum := sha256.New()
	for d.err == nil {
		var space []byte
		if space, d.err = v.space(); d.err != nil {
			break
		}
		n, err := src.Read(space)
		if over := d.n + int64(n) - m.limit; over > 0 {
			n, err = n-int(over), errCut
		}
		d.n += int64(n)
		d.err = err
		sum.Write(space[:n])
		if _, refused := m.sink.Write(space[:n]); refused != nil {
			d.err = refused
		}
		v.hold(n)
		if d.n > freeOfRatio && d.n > maxRatio*w.n && d.err == nil {
			d.err, d.why = errCut, fmt.Sprintf("it unpacks to more than %d times its size", maxRatio)
		}
	}
	d.body = v.empty()
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
		limit: allowance.decoded, announced: min(announced(names, resp), allowance.decoded), keep: x.request.Keep, sink: sink,
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
