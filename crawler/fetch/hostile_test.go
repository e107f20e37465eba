package fetch

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/internal/peer"
)

// ok begins an answer.
const ok = "HTTP/1.1 200 OK\r\n"

// A hostileServer breaks the protocol in its own way.
type hostileServer struct {
	name      string
	handle    func(net.Conn)
	failure   sonde.Failure
	status    int    // 0: no answer
	body      string // of what came
	truncated bool
}

var hostileServers = []hostileServer{
	{"D06 fewer bytes than announced", answerWith(ok + "Content-Length: 1000\r\n\r\n<a href='/x'>"), sonde.ShortBody, 200, "<a href='/x'>", true},
	{"D06 the same, broken off", answerAndReset(ok + "Content-Length: 1000\r\n\r\n"), sonde.ShortBody, 200, "", true},
	{"D07 more bytes than announced", answerWith(ok + "Content-Length: 16\r\n\r\n0123456789abcdef" + strings.Repeat("x", 984)), "", 200, "0123456789abcdef", false},
	{"D09 Content-Length -1", answerWith(ok + "Content-Length: -1\r\n\r\n"), sonde.Malformation, 0, "", false},
	{"D09 Content-Length huge", answerWith(ok + "Content-Length: 99999999999999999999\r\n\r\n"), sonde.Malformation, 0, "", false},
	{"D09 Content-Length as large as can be", answerWith(ok + "Content-Length: 9223372036854775807\r\n\r\nabc"), sonde.ShortBody, 200, "abc", true},
	{"D09 Content-Length list", answerWith(ok + "Content-Length: 5, 5\r\n\r\nhello"), sonde.Malformation, 0, "", false},
	{"D09 Content-Length with a sign", answerWith(ok + "Content-Length:  +5\r\n\r\nhello"), sonde.Malformation, 0, "", false},
	{"D09 Content-Length twice, alike", answerWith(ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), "", 200, "hello", false},
	{"D09 Content-Length twice, unlike", answerWith(ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), sonde.Malformation, 0, "", false},
	{"D11 chunk size that is none", answerWith(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"), sonde.Malformation, 200, "hello", true},
	{"D11 chunk size huge", answerWith(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nffffffffffffffff\r\nabc"), sonde.ShortBody, 200, "helloabc", true},
	{"D11 chunk size too long", answerWith(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00000000000000005\r\nhello\r\n0\r\n\r\n"), sonde.Malformation, 200, "hello", true},
	{"D11 chunk extension of 1 MB", answerWith(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5;" + strings.Repeat("x", 1<<20) + "\r\nhello\r\n0\r\n\r\n"), sonde.Malformation, 200, "hello", true},
	{"D11 no last chunk", answerWith(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), sonde.ShortBody, 200, "hello", true},
	{"D05 closed before a byte", answerWith(""), sonde.EmptyReply, 0, "", false},
	{"D05 broken before a byte", answerAndReset(""), sonde.Reset, 0, "", false},
	{"D05 broken before the request", func(c net.Conn) { reset(c) }, sonde.Reset, 0, "", false},
	{"closed inside the header", answerWith(ok + "Content-Type: text/html\r\n"), sonde.Reset, 0, "", false},
	{"closed inside a line of the header", answerWith(ok + "Content-Ty"), sonde.Malformation, 0, "", false},
	{"D13 header without end", func(c net.Conn) {
		readRequest(c)
		io.WriteString(c, ok)
		flood(c, "X-Filler: all work and no play\r\n")
	}, sonde.HeaderTooBig, 0, "", false},
	{"D14 20,000 header fields", answerWith(ok + strings.Repeat("X-Some: field of a header\r\n", 20_000) + "\r\n"), sonde.HeaderTooBig, 0, "", false},
	{"D14 header field of 300 KB", answerWith(ok + "X-Big: " + strings.Repeat("x", 300<<10) + "\r\n\r\n"), sonde.HeaderTooBig, 0, "", false},
	{"D14 folded header field", answerWith(ok + "X-Folded: one\r\n two\r\nContent-Length: 2\r\n\r\nok"), "", 200, "ok", false},
	{"D14 header name with a space", answerWith(ok + "X Spaced: one\r\nContent-Length: 2\r\n\r\nok"), "", 200, "ok", false},
	{"D14 header name with NUL", answerWith(ok + "X\x00Nul: one\r\nContent-Length: 2\r\n\r\nok"), sonde.Malformation, 0, "", false},
	{"D15 endless 100 Continue", func(c net.Conn) { readRequest(c); flood(c, "HTTP/1.1 100 Continue\r\n\r\n") }, sonde.Malformation, 0, "", false},
	{"D15 endless 103 Early Hints", func(c net.Conn) { readRequest(c); flood(c, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n") }, sonde.Malformation, 0, "", false},
	{"a few 103 Early Hints", answerWith(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", 3) + ok + "Content-Length: 2\r\n\r\nok"), "", 200, "ok", false},
	{"D16 204 with a body", answerWith("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody"), "", 204, "", false},
	{"D16 304 with a body", answerWith("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody"), "", 304, "", false},
	{"D17 101 unasked", answerAndHold("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), sonde.Malformation, 0, "", false},
	{"D32 HTTP/2 frames to HTTP/1.1", answerWith("\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04\x01\x00\x00\x00\x00"), sonde.Malformation, 0, "", false},
	{"another protocol", answerWith("SSH-2.0-OpenSSH_9.9\r\n"), sonde.Malformation, 0, "", false},
	{"status that is no number", answerWith("HTTP/1.1 abc OK\r\n\r\n"), sonde.Malformation, 0, "", false},
	{"status 42", answerWith("HTTP/1.1 042 What\r\n\r\n"), sonde.Malformation, 0, "", false},
	{"status 999", answerWith("HTTP/1.1 999 Request denied\r\nContent-Length: 2\r\n\r\nno"), "", 999, "no", false},
	{"HTTP/1.0, closed at the end", answerWith("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nold"), "", 200, "old", false},
	{"HTTP/0.9", answerWith("<html>very old"), sonde.Malformation, 0, "", false},
}

// TestHostileServers meets each of them with one GET.
func TestHostileServers(t *testing.T) {
	for _, test := range hostileServers {
		t.Run(test.name, func(t *testing.T) {
			f := newFetcher(t, sonde.DefaultPolicy())
			a := f.Do(t.Context(), Request{URL: peer.Serve(t, test.handle).URL(), Use: sonde.Read, Keep: true})
			checkAnswer(t, a, test.failure)
			if test.status == 0 {
				if a.Fetch != nil {
					t.Fatalf("there is a fetch of status %d, want none", a.Fetch.Status)
				}
				return
			}
			if a.Fetch == nil {
				t.Fatal("there is no fetch")
			}
			if a.Fetch.Status != test.status || string(a.Fetch.Body) != test.body || a.Fetch.Truncated != test.truncated {
				t.Errorf("status %d, body %.40q, truncated %t; want %d, %.40q, %t",
					a.Fetch.Status, a.Fetch.Body, a.Fetch.Truncated, test.status, test.body, test.truncated)
			}
			if sum := a.Fetch.BodySHA256; (sum == [32]byte{}) != (test.truncated || test.status == 204 || test.status == 304) {
				t.Errorf("sum %x of a body with truncated %t", sum, test.truncated)
			}
		})
	}
}

// checkAnswer holds what is true of every answer: the failure that is wanted, and
// a detail that tells it.
func checkAnswer(t *testing.T, a Answer, want sonde.Failure) {
	t.Helper()
	if a.Failure != want {
		t.Fatalf("failure %q (%s), want %q", a.Failure, a.Detail, want)
	}
	if (a.Failure != "") && a.Detail == "" {
		t.Error("the failure has no detail")
	}
	if strings.ContainsFunc(a.Detail, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Errorf("the detail holds a control character: %q", a.Detail)
	}
}

// TestSlowServers meets servers that take their time. When exactly each limit
// passes is for TestWatch.
func TestSlowServers(t *testing.T) {
	header := "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
	limits := func(firstByte, idle, total time.Duration) sonde.Policy {
		p := sonde.DefaultPolicy()
		p.Timeouts = sonde.Timeouts{Connect: time.Minute, FirstByte: firstByte, Idle: idle, Total: total}
		return p
	}
	const soon = 200 * time.Millisecond
	silent := func(c net.Conn) { io.Copy(io.Discard, c) }
	dripping := func(c net.Conn) {
		readRequest(c)
		io.WriteString(c, header+"begin")
		drip(c, strings.Repeat(".", 1000), soon/5)
	}
	tests := []struct {
		name    string
		policy  sonde.Policy
		handle  func(net.Conn)
		failure sonde.Failure
		prefix  string
	}{
		{"D04 never answers", limits(soon, time.Minute, time.Minute), silent, sonde.HeaderTimeout, ""},
		{"never answers, in all", limits(time.Minute, time.Minute, 5*soon), silent, sonde.HeaderTimeout, ""},
		{"D03 header drips", limits(soon, time.Minute, time.Minute), func(c net.Conn) { drip(c, header, soon/5) }, sonde.HeaderTimeout, ""},
		{"body stands still", limits(time.Minute, soon, time.Minute), answerAndHold(header + "begin"), sonde.BodyTimeout, "begin"},
		{"D02 body drips", limits(time.Minute, soon, time.Minute), dripping, sonde.BodyTimeout, "begin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFetcher(t, test.policy)
			a := f.Do(t.Context(), Request{URL: peer.Serve(t, test.handle).URL(), Use: sonde.Read, Keep: true})
			checkAnswer(t, a, test.failure)
			if test.prefix == "" {
				if a.Fetch != nil {
					t.Errorf("there is a fetch: %+v", a.Fetch)
				}
				return
			}
			if a.Fetch == nil || !a.Fetch.Truncated || !strings.HasPrefix(string(a.Fetch.Body), test.prefix) {
				t.Fatalf("fetch %+v, want a cut one that begins with %q", a.Fetch, test.prefix)
			}
		})
	}
}

// TestConnectFailures meets places where nothing listens.
func TestConnectFailures(t *testing.T) {
	free := peer.Serve(t, func(net.Conn) {})
	gone := free.URL()
	free.Close()
	a := newFetcher(t, sonde.DefaultPolicy()).Do(t.Context(), Request{URL: gone, Use: sonde.Read})
	checkAnswer(t, a, sonde.Refused)
	if want := "connecting to 127.0.0.1 at " + free.Addr().String() + ": connection refused"; a.Detail != want {
		t.Errorf("detail %q, want %q", a.Detail, want)
	}
}

// TestReuseAfterMoreThanAnnounced: what follows a body is not taken for the next
// answer (D07).
func TestReuseAfterMoreThanAnnounced(t *testing.T) {
	server := peer.Serve(t, answerAndHold("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
	f := newFetcher(t, sonde.DefaultPolicy())
	for range 3 {
		a := f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Read, Keep: true})
		if a.Fetch == nil || string(a.Fetch.Body) != "ok" {
			t.Fatalf("%+v, %+v", a, a.Fetch)
		}
	}
	if n := server.Connections(); n != 3 {
		t.Errorf("%d connections for 3 requests, want 3", n)
	}
}

// TestHeadWithBody: what a server sends after the answer to HEAD is not taken for
// the next answer (D16).
func TestHeadWithBody(t *testing.T) {
	server := peer.Serve(t, answerAndHold(ok+"Content-Length: 44\r\n\r\n"+ok+"Content-Length: 4\r\n\r\nevil"))
	f := newFetcher(t, sonde.DefaultPolicy())
	for range 3 {
		a := f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Measure, Method: http.MethodHead})
		checkAnswer(t, a, "")
		if a.Fetch.BodyBytes != 44 || a.Fetch.WireBytes != 0 || a.Fetch.Body != nil {
			t.Fatalf("fetch %+v", a.Fetch)
		}
	}
	if n := server.Connections(); n != 3 {
		t.Errorf("%d connections for 3 requests, want 3", n)
	}
}

// TestIdleConnectionClosed: a server that closes a connection at the moment of
// reuse costs one repetition that nobody sees (D33).
func TestIdleConnectionClosed(t *testing.T) {
	server := peer.Serve(t, func(c net.Conn) {
		if readRequest(c) != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		readRequest(c) // and closes without an answer
	})
	f := newFetcher(t, sonde.DefaultPolicy())
	for i := range 4 {
		a := f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Read, Keep: true})
		if a.Failure != "" || string(a.Fetch.Body) != "ok" {
			t.Fatalf("request %d: %q, %s", i, a.Failure, a.Detail)
		}
	}
	if n := server.Connections(); n != 4 {
		t.Errorf("%d connections for 4 requests, want 4: each but the first repeated on a new one", n)
	}
}

// TestHeaderFieldsBounded: of many fields the first thousand are kept (D14).
func TestHeaderFieldsBounded(t *testing.T) {
	f := newFetcher(t, sonde.DefaultPolicy())
	many := peer.Serve(t, answerWith("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"+strings.Repeat("Set-Cookie: a=b; Path=/\r\n", 5_000)+"\r\n"))
	a := f.Do(t.Context(), Request{URL: many.URL(), Use: sonde.Read})
	if a.Fetch == nil || len(a.Fetch.Header) != maxFields || !a.Fetch.HeaderCut {
		t.Fatalf("%+v", a)
	}
	few := peer.Serve(t, answerWith("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"+strings.Repeat("X-F: v\r\n", maxFields-1)+"\r\n"))
	a = f.Do(t.Context(), Request{URL: few.URL(), Use: sonde.Read})
	if a.Fetch == nil || len(a.Fetch.Header) != maxFields || a.Fetch.HeaderCut {
		t.Fatalf("%d fields, cut %t", len(a.Fetch.Header), a.Fetch.HeaderCut)
	}
}
