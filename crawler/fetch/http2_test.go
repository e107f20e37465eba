package fetch

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"sonde"
	"sonde/internal/peer"
)

// TestHTTP2 asks a real server, many times over one connection.
func TestHTTP2(t *testing.T) {
	root := newAuthority(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Secure: true})
		io.WriteString(w, r.Proto+" "+r.RequestURI+" "+r.Header.Get("Cookie"))
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{root.sign(t, newKey(t))}}
	server.StartTLS()
	defer server.Close()
	f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: openGuard(), Roots: root.pool()})
	checkAnswer(t, f.Do(t.Context(), Request{URL: server.URL + "/", Use: sonde.Read}), "")
	var requests sync.WaitGroup
	for range 20 {
		requests.Go(func() {
			a := f.Do(t.Context(), Request{URL: server.URL + "/a|b?c", Use: sonde.Read, Keep: true})
			if a.Failure != "" || a.Fetch.HTTPVersion != "HTTP/2.0" || string(a.Fetch.Body) != "HTTP/2.0 /a|b?c session=1" || a.Fetch.TLS.ALPN != "h2" || a.Fetch.Timing.TLS != 0 {
				t.Errorf("%+v, fetch %+v", a, a.Fetch)
			}
		})
	}
	requests.Wait()
}

// An h2 is the server's side of one HTTP/2 connection, frame by frame.
type h2 struct {
	*http2.Framer
	t      *testing.T
	stream uint32 // of the first request
}

// serveH2 takes the first request of a connection and hands it to handle; over
// HTTP/1.1 it answers as a server should.
func serveH2(t *testing.T, root *authority, handle func(h2)) *peer.Peer {
	config := &tls.Config{Certificates: []tls.Certificate{root.sign(t, newKey(t))}, NextProtos: []string{"h2", "http/1.1"}}
	return serveTLS(t, config, func(c net.Conn) {
		if c.(*tls.Conn).ConnectionState().NegotiatedProtocol != "h2" {
			answerWith(hello)(c)
			return
		}
		io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
		framer := http2.NewFramer(c, c)
		framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if headers, ok := frame.(*http2.HeadersFrame); ok {
				handle(h2{framer, t, headers.StreamID})
				io.Copy(io.Discard, c)
				return
			}
		}
	})
}

// header writes a response header with the fields given in pairs.
func (h h2) header(end bool, pairs ...string) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := 0; i < len(pairs); i += 2 {
		encoder.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	first := block.Next(16 << 10)
	h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.stream, BlockFragment: first, EndHeaders: block.Len() == 0, EndStream: end})
	for block.Len() > 0 {
		next := block.Next(16 << 10)
		if h.WriteContinuation(h.stream, block.Len() == 0, next) != nil {
			return
		}
	}
}

// h2Faults are servers that break HTTP/2 (D30, D31).
var h2Faults = []struct {
	name    string
	handle  func(h2)
	failure []sonde.Failure // any of these
	body    string          // of what came, with a fetch
}{
	{"stream refused", func(h h2) { h.WriteRSTStream(h.stream, http2.ErrCodeInternal) }, []sonde.Failure{sonde.Reset}, ""},
	{"stream broken in the body", func(h h2) {
		h.header(false, ":status", "200", "content-type", "text/html")
		h.WriteData(h.stream, false, []byte("begin"))
		h.WriteRSTStream(h.stream, http2.ErrCodeCancel)
	}, []sonde.Failure{sonde.ShortBody}, "begin"},
	{"fewer bytes than announced", func(h h2) {
		h.header(false, ":status", "200", "content-type", "text/html", "content-length", "100")
		h.WriteData(h.stream, true, []byte("begin"))
	}, []sonde.Failure{sonde.ShortBody}, "begin"},
	{"goodbye", func(h h2) { h.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil) }, []sonde.Failure{sonde.Reset}, ""},
	{"stream refused as a breach", func(h h2) { h.WriteRSTStream(h.stream, http2.ErrCodeProtocol) }, []sonde.Failure{sonde.Malformation, sonde.HeaderTimeout}, ""},
	{"data before the header", func(h h2) { h.WriteData(h.stream, true, []byte("body")) }, []sonde.Failure{sonde.Malformation}, ""},
	{"no status", func(h h2) { h.header(true, "content-type", "text/html") }, []sonde.Failure{sonde.Malformation}, ""},
	{"push", func(h h2) {
		h.WritePushPromise(http2.PushPromiseParam{StreamID: h.stream, PromiseID: 2, BlockFragment: []byte{0x82}, EndHeaders: true})
	}, []sonde.Failure{sonde.Malformation}, ""},
	{"a header without end", func(h h2) {
		h.header(true, ":status", "200", "x-big", strings.Repeat("x", 1<<20))
	}, []sonde.Failure{sonde.HeaderTooBig, sonde.Malformation}, ""},
	{"continuation flood", func(h h2) {
		h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.stream, BlockFragment: []byte{0x88}})
		for range 100_000 {
			if h.WriteContinuation(h.stream, false, nil) != nil {
				return
			}
		}
	}, []sonde.Failure{sonde.HeaderTimeout, sonde.Malformation, sonde.HeaderTooBig}, ""},
	{"no frames at all", func(h h2) { h.WriteRawFrame(0xff, 0xff, 1<<30, bytes.Repeat([]byte("x"), 1000)) }, []sonde.Failure{sonde.HeaderTimeout, sonde.Malformation}, ""},
	{"window never opened", func(h2) {}, []sonde.Failure{sonde.HeaderTimeout}, ""},
}

// TestHTTP2Faults meets each of them. After a breach of the protocol the next
// attempt is made over HTTP/1.1.
func TestHTTP2Faults(t *testing.T) {
	root := newAuthority(t)
	for _, test := range h2Faults {
		t.Run(test.name, func(t *testing.T) {
			server := serveH2(t, root, test.handle)
			p := sonde.DefaultPolicy()
			if slices.Contains(test.failure, sonde.HeaderTimeout) {
				p = hasty()
			}
			f := fetcherOf(t, Config{Policy: p, Guard: openGuard(), Roots: root.pool()})
			a := f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read, Keep: true})
			if !slices.Contains(test.failure, a.Failure) {
				t.Fatalf("failure %q (%s), want one of %q", a.Failure, a.Detail, test.failure)
			}
			if (a.Fetch != nil) != (test.body != "") {
				t.Fatalf("fetch %+v", a.Fetch)
			}
			if a.Fetch != nil && (string(a.Fetch.Body) != test.body || !a.Fetch.Truncated) {
				t.Errorf("body %q, truncated %t", a.Fetch.Body, a.Fetch.Truncated)
			}
			if a.Failure == sonde.Malformation {
				next := Answer{Failure: sonde.Reset}
				for next.Failure == sonde.Reset { // until the old connection is known to be closed
					next = f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read, Keep: true})
				}
				if next.Fetch == nil || next.Fetch.HTTPVersion != "HTTP/1.1" {
					t.Errorf("the next attempt: %q (%s)", next.Failure, next.Detail)
				}
			}
		})
	}
}
