package fetch

import (
	"context"
	"crypto/sha256"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sonde"
	"sonde/internal/peer"
)

// TestMain silences net/http, which logs what servers send unasked.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// serveHTTP is a real server of net/http.
func serveHTTP(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func TestDoTellsTheAnswer(t *testing.T) {
	server := serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "Text/HTML ; charset=iso-8859-1")
		h.Set("Etag", `"v1"`)
		h.Set("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
		h.Set("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT")
		h["X-Latin"] = []string{"caf\xe9"}
		h.Add("Set-Cookie", "session=s3cr3t; Path=/; HttpOnly")
		h.Set("X-Auth-Token", "s3cr3t")
		h["Date"] = nil
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "<p>later")
	})
	a := newFetcher(t, sonde.DefaultPolicy()).Do(t.Context(), Request{URL: server.URL + "/", Use: sonde.Read, Keep: true})
	checkAnswer(t, a, "")
	f := a.Fetch
	if f.Status != 503 || f.HTTPVersion != "HTTP/1.1" || f.ContentType != "text/html" || f.ETag != `"v1"` ||
		f.LastModified != "Wed, 21 Oct 2015 07:28:00 GMT" || string(f.Body) != "<p>later" || f.WireBytes != 8 || f.BodyBytes != 8 ||
		f.BodySHA256 != sha256.Sum256([]byte("<p>later")) || f.Truncated || f.NotModified || f.HeaderCut || f.TLS != nil {
		t.Errorf("fetch %+v", f)
	}
	if a.RetryAfter != "Fri, 31 Dec 1999 23:59:59 GMT" {
		t.Errorf("Retry-After %q", a.RetryAfter)
	}
	want := []sonde.HeaderField{
		{Name: "Content-Length", Value: "8"},
		{Name: "Content-Type", Value: "Text/HTML ; charset=iso-8859-1"},
		{Name: "Etag", Value: `"v1"`},
		{Name: "Last-Modified", Value: "Wed, 21 Oct 2015 07:28:00 GMT"},
		{Name: "Retry-After", Value: "Fri, 31 Dec 1999 23:59:59 GMT"},
		{Name: "Set-Cookie", Value: "session=; Path=/; HttpOnly"},
		{Name: "X-Auth-Token", Value: ""},
		{Name: "X-Latin", Value: "café"},
	}
	if len(f.Header) != len(want) {
		t.Fatalf("header %q", f.Header)
	}
	for i := range want {
		if f.Header[i] != want[i] {
			t.Errorf("field %q, want %q", f.Header[i], want[i])
		}
	}
	if f.Remote.String() != strings.TrimPrefix(server.URL, "http://") || f.Timing.Connect <= 0 || f.Timing.FirstByte <= 0 || f.Timing.Total < f.Timing.FirstByte {
		t.Errorf("remote %s, timing %+v", f.Remote, f.Timing)
	}
}

// TestRedirectsAreTold: a redirect is an answer, whatever its Location holds (D22).
func TestRedirectsAreTold(t *testing.T) {
	tests := []struct{ header, want string }{
		{"Location: /next\r\n", "/next"},
		{"Location: ../..//\r\n", "../..//"},
		{"Location: http://other.example/a b\r\n", "http://other.example/a b"},
		{"Location: http://[::1/%zz\r\n", "http://[::1/%zz"},
		{"Location: /caf\xe9\r\n", "/caf\xe9"},
		{"Location: /" + strings.Repeat("x", 100<<10) + "\r\n", "/" + strings.Repeat("x", 100<<10)},
		{"Location: /one\r\nLocation: /two\r\n", "/one"},
		{"Location:\r\n", ""},
		{"", ""},
	}
	f := newFetcher(t, sonde.DefaultPolicy())
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, test := range tests {
			server := peer.Serve(t, answerWith(sprintf("HTTP/1.1 %d Moved\r\nContent-Length: 5\r\n%s\r\nmoved", status, test.header)))
			a := f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Read, Keep: true})
			checkAnswer(t, a, "")
			if a.Fetch.Status != status || a.Location != test.want || string(a.Fetch.Body) != "moved" || server.Connections() != 1 {
				t.Errorf("%d, %.60q: status %d, location %.60q, body %q, %d connections",
					status, test.header, a.Fetch.Status, a.Location, a.Fetch.Body, server.Connections())
			}
		}
	}
}

// TestRequestLine: the path goes out octet by octet as the canonical URL has it.
func TestRequestLine(t *testing.T) {
	f := newFetcher(t, sonde.DefaultPolicy())
	var asked string
	server := peer.Serve(t, func(c net.Conn) {
		line := make([]byte, 4096)
		n, _ := c.Read(line)
		asked, _, _ = strings.Cut(string(line[:n]), "\r\n")
		io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	})
	host := server.Addr().String()
	for _, test := range []struct{ url, want string }{
		{"/", "/"},
		{"/a/b?c=d&e", "/a/b?c=d&e"},
		{"/a|b^c{d}", "/a|b^c{d}"},
		{"/100%/%zz?%zz=%", "/100%/%zz?%zz=%"},
		{"/caf%C3%A9;p=1!$&'()*+,=:@", "/caf%C3%A9;p=1!$&'()*+,=:@"},
		{"//double//slash", "//double//slash"},
		{"//double/%zz", "http://" + host + "//double/%zz"},
		{"/path#fragment", "/path"},
		{"?query", "/?query"},
		{"", "/"},
	} {
		a := f.Do(t.Context(), Request{URL: "http://" + host + test.url, Use: sonde.Read})
		checkAnswer(t, a, "")
		if want := "GET " + test.want + " HTTP/1.1"; asked != want {
			t.Errorf("%s: asked %q, want %q", test.url, asked, want)
		}
	}
}

// TestURLsThatAreNotAsked: nothing that could be more than one request line leaves.
func TestURLsThatAreNotAsked(t *testing.T) {
	f := newFetcher(t, sonde.DefaultPolicy())
	for _, url := range []string{"", "/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http:///x", "http://user:pw@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\x00", "javascript:alert(1)", "http://[::1/", "http://127.0.0.1:99999/", "http://a:b:c/"} {
		a := f.Do(t.Context(), Request{URL: url, Use: sonde.Read})
		if a.Fetch != nil || a.Failure != sonde.Malformation && a.Failure != sonde.ConnectFailed {
			t.Errorf("%q: %+v", url, a)
		}
		if strings.Contains(a.Detail, "pw") {
			t.Errorf("%q: the detail tells the password: %q", url, a.Detail)
		}
	}
}

// TestHeaderSent holds what goes out, and to whom.
func TestHeaderSent(t *testing.T) {
	var got http.Header
	server := serveHTTP(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	port := server.Listener.Addr().(*net.TCPAddr).Port
	p := sonde.DefaultPolicy()
	p.UserAgent = "Sonde/1.0 (+https://example.org)"
	p.Headers = map[string][]string{"x-team": {"web"}, "Accept-Language": {"de"}}
	f := fetcherOf(t, Config{
		Policy: p, Guard: openGuard(),
		Trusted:     func(host string) bool { return host == "mine.localhost" },
		Credentials: map[string]Credential{sprintf("http://mine.localhost:%d", port): {"user", "secret"}},
	})
	do := func(host string, r Request) http.Header {
		t.Helper()
		r.URL = sprintf("http://%s:%d/", host, port)
		checkAnswer(t, f.Do(t.Context(), r), "")
		return got
	}
	h := do("mine.localhost", Request{Use: sonde.Read, Previous: &sonde.Previous{ETag: `W/"1"`, LastModified: "Wed, 21 Oct 2015 07:28:00 GMT"}})
	for name, want := range map[string]string{
		"User-Agent": p.UserAgent, "Accept": acceptPage[0], "Accept-Encoding": "gzip, deflate, br, zstd",
		"X-Team": "web", "Accept-Language": "de", "Authorization": "Basic dXNlcjpzZWNyZXQ=",
		"If-None-Match": `W/"1"`, "If-Modified-Since": "Wed, 21 Oct 2015 07:28:00 GMT",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	if len(h) != 8 {
		t.Errorf("more was sent: %v", h)
	}
	h = do("other.localhost", Request{Use: sonde.Check, Previous: &sonde.Previous{ETag: "a\r\nX-Evil: 1"}})
	if h.Get("Accept") != "*/*" || len(h) != 3 {
		t.Errorf("to a host out of scope: %v", h)
	}
}

func TestConfigRefused(t *testing.T) {
	headers := func(name, value string) sonde.Policy {
		return sonde.Policy{Headers: map[string][]string{name: {value}}}
	}
	for _, test := range []struct {
		name   string
		config Config
		want   string
	}{
		{"no guard", Config{}, "guard"},
		{"name", Config{Guard: openGuard(), Policy: headers("X Y", "z")}, `"X Y"`},
		{"value", Config{Guard: openGuard(), Policy: headers("X-Y", "z\r\nEvil: 1")}, "X-Y"},
		{"framing", Config{Guard: openGuard(), Policy: headers("content-length", "1")}, "Content-Length"},
		{"proxy scheme", Config{Guard: openGuard(), Policy: sonde.Policy{Proxy: "ftp://proxy"}}, `"ftp"`},
		{"proxy without host", Config{Guard: openGuard(), Policy: sonde.Policy{Proxy: "proxy:3128"}}, "proxy"},
	} {
		f, err := New(test.config)
		if err == nil {
			f.Close()
			t.Errorf("%s: no error", test.name)
			continue
		}
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want it to name %q", test.name, err, test.want)
		}
	}
}

func TestNotModified(t *testing.T) {
	server := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != `"1"` {
			t.Error("the request is not conditional")
		}
		w.WriteHeader(http.StatusNotModified)
	})
	a := newFetcher(t, sonde.DefaultPolicy()).Do(t.Context(), Request{URL: server.URL + "/", Use: sonde.Read, Keep: true, Previous: &sonde.Previous{ETag: `"1"`}})
	checkAnswer(t, a, "")
	if !a.Fetch.NotModified || a.Fetch.Body != nil || a.Fetch.Truncated {
		t.Errorf("fetch %+v", a.Fetch)
	}
}

// TestHowMuchIsRead holds how much of a body each use reads.
func TestHowMuchIsRead(t *testing.T) {
	const size = 3 << 20
	small := sonde.DefaultPolicy()
	small.MaxBody = 2 << 20
	tests := []struct {
		name        string
		policy      sonde.Policy
		request     Request
		contentType string
		received    int64 // at most, and more than 64 KiB less
		body        int64
		truncated   bool
	}{
		{"a page", sonde.DefaultPolicy(), Request{Use: sonde.Read}, "text/html", size, size, false},
		{"a page of unknown type", sonde.DefaultPolicy(), Request{Use: sonde.Read}, "", size, size, false},
		{"F14 a video", sonde.DefaultPolicy(), Request{Use: sonde.Read}, "video/mp4", 1 << 20, size, true},
		{"a page beyond the policy", small, Request{Use: sonde.Read}, "text/html", 2 << 20, 2 << 20, true},
		{"a page beyond the request", sonde.DefaultPolicy(), Request{Use: sonde.Read, MaxBody: 1000}, "text/html", 1000, 1000, true},
		{"a file that is wanted whole", sonde.DefaultPolicy(), Request{Use: sonde.Read, MaxBody: size}, "application/gzip", size, size, false},
		{"a sitemap", sonde.DefaultPolicy(), Request{Use: sonde.Map}, "application/gzip", size, size, false},
		{"a resource", sonde.DefaultPolicy(), Request{Use: sonde.Measure}, "image/png", 64 << 10, size, false},
		{"an external link", sonde.DefaultPolicy(), Request{Use: sonde.Check}, "text/html", 64 << 10, size, false},
		{"a head", sonde.DefaultPolicy(), Request{Use: sonde.Measure, Method: http.MethodHead}, "image/png", 0, size, false},
	}
	body := strings.Repeat("0123456789abcdef", size/16)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = []string{test.contentType}
				w.Header().Set("Content-Length", sprintf("%d", size))
				if r.Method != http.MethodHead {
					io.WriteString(w, body)
				}
			})
			test.request.URL, test.request.Keep = server.URL+"/", true
			a := newFetcher(t, test.policy).Do(t.Context(), test.request)
			checkAnswer(t, a, "")
			f := a.Fetch
			if f.WireBytes > test.received || f.WireBytes < test.received-64<<10 || f.BodyBytes != test.body || f.Truncated != test.truncated {
				t.Errorf("%d received, body of %d, truncated %t; want %d, %d, %t", f.WireBytes, f.BodyBytes, f.Truncated, test.received, test.body, test.truncated)
			}
			if string(f.Body) != body[:f.WireBytes] {
				t.Errorf("%d bytes are kept, not the %d received", len(f.Body), f.WireBytes)
			}
			if whole := f.WireBytes == size; whole != (f.BodySHA256 != [32]byte{}) || test.truncated != (a.Detail != "") {
				t.Errorf("sum %x, detail %q", f.BodySHA256, a.Detail)
			}
		})
	}
}

// TestBodyNotKept: what is not wanted is counted and summed all the same.
func TestBodyNotKept(t *testing.T) {
	server := serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(benchPage) })
	a := newFetcher(t, sonde.DefaultPolicy()).Do(t.Context(), Request{URL: server.URL + "/", Use: sonde.Read})
	checkAnswer(t, a, "")
	if f := a.Fetch; f.Body != nil || f.BodyBytes != int64(len(benchPage)) || f.BodySHA256 != sha256.Sum256(benchPage) {
		t.Errorf("fetch %+v", f)
	}
}

// TestLimitsAtTheEdge: a body as large as the limit is whole.
func TestLimitsAtTheEdge(t *testing.T) {
	for _, length := range []bool{true, false} {
		for size, truncated := range map[int]bool{999: false, 1000: false, 1001: true} {
			server := serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
				if !length {
					w.(http.Flusher).Flush()
				}
				w.Write(benchPage[:size])
			})
			a := newFetcher(t, sonde.DefaultPolicy()).Do(t.Context(), Request{URL: server.URL + "/", Use: sonde.Read, MaxBody: 1000, Keep: true})
			checkAnswer(t, a, "")
			if a.Fetch.Truncated != truncated || len(a.Fetch.Body) != min(size, 1000) {
				t.Errorf("%d bytes: truncated %t, %d kept", size, a.Fetch.Truncated, len(a.Fetch.Body))
			}
		}
	}
}

// TestSmallRestIsDrained: a connection is used again when little was left unread.
func TestSmallRestIsDrained(t *testing.T) {
	for rest, want := range map[int]int{1000: 1, 10 << 20: 3} {
		var mu sync.Mutex
		remotes := map[string]bool{}
		server := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			remotes[r.RemoteAddr] = true
			mu.Unlock()
			w.Header().Set("Content-Length", sprintf("%d", 1000+rest))
			w.Write(make([]byte, 1000+rest))
		})
		f := newFetcher(t, sonde.DefaultPolicy())
		for range 3 {
			checkAnswer(t, f.Do(t.Context(), Request{URL: server.URL + "/", Use: sonde.Read, MaxBody: 1000}), "")
		}
		mu.Lock()
		if len(remotes) != want {
			t.Errorf("with a rest of %d bytes 3 requests took %d connections, want %d", rest, len(remotes), want)
		}
		mu.Unlock()
	}
}

// TestContextEnds: where the caller ends it, nothing is known.
func TestContextEnds(t *testing.T) {
	reached := make(chan struct{}, 2)
	for name, answer := range map[string]string{"before the header": "", "in the body": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"} {
		server := peer.Serve(t, func(c net.Conn) {
			readRequest(c)
			io.WriteString(c, answer)
			reached <- struct{}{}
			io.Copy(io.Discard, c)
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-reached; cancel() }()
		a := newFetcher(t, sonde.DefaultPolicy()).Do(ctx, Request{URL: server.URL(), Use: sonde.Read, Keep: true})
		if a.Fetch != nil || a.Failure != "" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestNothingIsLeftBehind: after many exchanges that end in every way, a closed
// fetcher leaves no goroutine and no descriptor.
func TestNothingIsLeftBehind(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openFiles()
	p := hasty()
	f, err := New(Config{Policy: p, Guard: openGuard()})
	if err != nil {
		t.Fatal(err)
	}
	handlers := []func(net.Conn){
		answerAndHold(hello), answerWith(""), answerAndReset(""), answerWith("nonsense"),
		answerWith("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
		answerWith("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip"),
		answerWith("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\nno zstd"),
		func(c net.Conn) { io.Copy(io.Discard, c) },
		func(c net.Conn) {
			readRequest(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			flood(c, "all work and no play ")
		},
	}
	var requests sync.WaitGroup
	var peers []*peer.Peer
	for _, handle := range handlers {
		server := peer.Serve(t, handle)
		peers = append(peers, server)
		for range 4 {
			requests.Go(func() {
				f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Check})
				f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Check})
			})
		}
	}
	requests.Wait()
	f.Close()
	for _, server := range peers {
		server.Close()
	}
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for runtime.NumGoroutine() > goroutines || openFiles() > descriptors {
		select {
		case <-tick.C:
		case <-deadline.C:
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before; %d descriptors, %d before\n%s", runtime.NumGoroutine(), goroutines, openFiles(), descriptors, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// openFiles counts the descriptors of this process, 0 where the system does not tell.
func openFiles() int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(files)
}
