package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"sonde"
)

// restTime is what reading a rest that nobody wants may take.
const restTime = time.Second

const (
	maxInterim = 10 // 1xx answers before the final one
	maxSends   = 3  // times that a request may be sent whose connection or stream the peer gives up
)

// An exchange is one request and its answer. It travels through colly and the
// http.Client in the request's context, and the transport fills it in: what they
// see of the answer is a blank.
type exchange struct {
	fetcher *Fetcher
	request Request
	target  target
	url     *url.URL
	started time.Time
	answer  Answer

	watch   *watch
	line    *connection // nil before there is one
	reused  bool        // another request travelled on it before
	sends   int         // connections that the request was given
	asked   time.Time
	interim atomic.Int32
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) (*exchange, bool) {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	return x, ok
}

// A seam is the RoundTripper that the http.Client in colly calls. It makes the
// exchange that the request's context carries.
type seam struct{ transport *http.Transport }

// RoundTrip makes the exchange and returns a blank answer.
func (s seam) RoundTrip(r *http.Request) (*http.Response, error) {
	x, ok := exchangeOf(r.Context())
	if !ok {
		return nil, fmt.Errorf("request for %s: no exchange comes with it", r.URL.Host)
	}
	x.run(s.transport, r)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r,
	}, nil
}

// run asks and reads. What comes of it stands in x.answer.
func (x *exchange) run(transport *http.Transport, r *http.Request) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	x.watch = startWatch(x.fetcher.policy.Timeouts, x.target.host, cancel)
	defer x.watch.stop()
	if err := x.judgeForwarded(ctx); err != nil {
		x.fail(asFailure(err, x.noAnswer))
		return
	}
	resp, err := x.send(ctx, transport, r)
	if err != nil {
		x.noResponse(ctx, err)
		return
	}
	defer resp.Body.Close()
	x.received(ctx, resp)
}

// send sends the request on its way and gives the answer, its body still to be read.
func (x *exchange) send(ctx context.Context, transport *http.Transport, r *http.Request) (*http.Response, error) {
	if own := &x.fetcher.http1; own.suits(x) {
		r.URL, r.Host = x.url, x.target.host
		return own.roundTrip(ctx, x, r)
	}
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:        func(info httptrace.GotConnInfo) { x.gotConn(ctx, info) },
		Got1xxResponse: x.got1xx,
	}))
	r.URL, r.Host = x.url, x.target.host
	x.request.enclose(r)
	return transport.RoundTrip(r)
}

// judgeForwarded asks the guard about a request that goes to the proxy as it is;
// all others are judged when they are dialled.
func (x *exchange) judgeForwarded(ctx context.Context) error {
	d := x.fetcher.dialer
	if !d.proxy.forwards() || x.target.scheme != "http" {
		return nil
	}
	return d.judge(ctx, x.target.hostname(), x.target.port())
}

// gotConn notes which connection net/http sends the request on.
func (x *exchange) gotConn(ctx context.Context, info httptrace.GotConnInfo) {
	line := connectionOf(info.Conn)
	if info.Reused && line != nil && !line.http2() {
		line.settle(ctx)
	}
	x.travel(line, info.Reused)
}

// travel notes that the request goes out on a connection now. It does so again where it
// is repeated on another: the first was closed while idle, or the peer took no notice of
// the stream (RFC 9113, section 8.7).
func (x *exchange) travel(line *connection, reused bool) {
	x.line, x.reused = line, reused
	x.asked = time.Now()
	switch x.sends++; {
	case x.sends == 1:
		x.watch.enter(waiting)
	case x.sends > maxSends:
		x.watch.cancel(failed(sonde.Malformation, nil, "waiting for the answer of %s: it was asked %d times and gave up each time", x.target.host, maxSends))
	}
}

func (x *exchange) got1xx(status int, _ textproto.MIMEHeader) error {
	if x.interim.Add(1) > maxInterim {
		return failed(sonde.Malformation, nil, "waiting for the answer of %s: more than %d interim answers came, the last with status %d", x.target.host, maxInterim, status)
	}
	return nil
}

// noResponse notes why no answer came.
func (x *exchange) noResponse(ctx context.Context, err error) {
	f := asFailure(causeOf(ctx, err), x.noAnswer)
	x.fail(f)
	switch {
	case f.line != nil && f.line.tls != nil:
		x.line, x.reused = f.line, false
		x.answer.Fetch = &sonde.Fetch{BodyBytes: -1, Remote: f.line.remote, TLS: f.line.tls, Timing: x.timing(0)}
	case f.kind == sonde.Malformation && x.line != nil && x.line.http2():
		x.avoidHTTP2()
	}
}

// avoidHTTP2 drops a connection whose peer breaks HTTP/2, and lets the next to
// that place speak HTTP/1.1.
func (x *exchange) avoidHTTP2() {
	x.fetcher.dialer.http1.add(net.JoinHostPort(x.target.hostname(), x.target.port()))
	x.line.Close()
}

func (x *exchange) noAnswer(err error) *failure { return headerFailure(x.target.host, err) }

// causeOf is why ctx ended where a limit of ours ended it, and err otherwise.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// fail notes a failure.
func (x *exchange) fail(f *failure) {
	x.answer.Failure = f.kind
	x.answer.Detail = sonde.Tidy(f.detail)
}

// received takes an answer in.
func (x *exchange) received(ctx context.Context, resp *http.Response) {
	firstByte := time.Since(x.asked)
	x.watch.enter(reading)
	if resp.StatusCode < 200 {
		x.fail(failed(sonde.Malformation, nil, "waiting for the answer of %s: it has status %d, which nobody asked for", x.target.host, resp.StatusCode))
		return
	}
	x.fetcher.cookies.take(x.url, resp)
	x.answer.Location = resp.Header.Get("Location")
	x.answer.RetryAfter = resp.Header.Get("Retry-After")
	x.answer.Fetch = x.describe(resp)
	x.readBody(ctx, resp)
	x.answer.Fetch.Timing = x.timing(firstByte)
}

// describe is the fetch without its body.
func (x *exchange) describe(resp *http.Response) *sonde.Fetch {
	header, cut := fields(resp.Header, x.request.Secrets)
	f := &sonde.Fetch{
		Status:       resp.StatusCode,
		HTTPVersion:  resp.Proto,
		Header:       header,
		HeaderCut:    cut,
		ContentType:  mediaType(text(resp.Header.Get("Content-Type"))),
		ETag:         text(resp.Header.Get("Etag")),
		LastModified: text(resp.Header.Get("Last-Modified")),
		Encoding:     strings.ToLower(text(strings.Join(resp.Header["Content-Encoding"], ", "))),
		Fresh:        freshness(resp.Header),
		NotModified:  resp.StatusCode == http.StatusNotModified && x.request.Previous != nil,
	}
	if x.line != nil {
		f.Remote = x.line.remote
		if x.target.scheme == "https" {
			f.TLS = x.line.tls
		}
	}
	return f
}

func (x *exchange) timing(firstByte time.Duration) sonde.Timing {
	t := sonde.Timing{FirstByte: firstByte, Total: time.Since(x.started)}
	if x.line != nil && !x.reused {
		t.DNS, t.Connect, t.TLS = x.line.dns, x.line.tcp, x.line.tlsTime
	}
	return t
}
