package fetch

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sonde"
	"sonde/internal/peer"
)

// A testProxy forwards and tunnels everything to one server, and notes what it was
// asked.
type testProxy struct {
	*peer.Peer
	to     string // address of the server
	status string // of the answer to CONNECT, "" for 200

	mu    sync.Mutex
	asked []*http.Request
}

func serveProxy(t *testing.T, to *peer.Peer, config *tls.Config) *testProxy {
	t.Helper()
	p := &testProxy{to: to.Addr().String()}
	p.Peer = peer.Serve(t, func(c net.Conn) {
		if config != nil {
			c = tls.Server(c, config)
		}
		p.pass(c)
	})
	return p
}

func (p *testProxy) pass(c net.Conn) {
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, r)
	p.mu.Unlock()
	if p.status != "" {
		io.WriteString(c, "HTTP/1.1 "+p.status+"\r\nContent-Length: 0\r\n\r\n")
		return
	}
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	if r.Method == http.MethodConnect {
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	} else {
		r.Write(server)
	}
	join(c, in, server)
}

// join carries bytes both ways until the server is done.
func join(c net.Conn, in io.Reader, server net.Conn) {
	var up sync.WaitGroup
	up.Go(func() { io.Copy(server, in) })
	io.Copy(c, server)
	c.Close()
	up.Wait()
}

func (p *testProxy) requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// TestProxies asks through every kind of proxy, for http and https (D37).
func TestProxies(t *testing.T) {
	root := newAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{root.sign(t, newKey(t))}}
	plain, secure := peer.Serve(t, answerWith(hello)), serveTLS(t, config, answerWith(hello))
	tests := []struct {
		name, scheme string
		target       *peer.Peer
		url          string
		want         string // the request line that the proxy sees
	}{
		{"http by http", "http", plain, "http://public.localhost/a|b", "GET http://public.localhost/a%7Cb"},
		{"https by http", "http", secure, "https://localhost/", "CONNECT //localhost:443"},
		{"http by https", "https", plain, "http://public.localhost/", "GET http://public.localhost/"},
		{"https by https", "https", secure, "https://localhost/", "CONNECT //localhost:443"},
		{"http by socks5", "socks5", plain, "http://public.localhost/", ""},
		{"https by socks5", "socks5", secure, "https://localhost/", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := sonde.DefaultPolicy()
			proxy, seen := startProxy(t, test.scheme, test.target, config)
			p.Proxy = sprintf("%s://user:s3cr3t@localhost:%d", test.scheme, proxy.Addr().Port())
			f := fetcherOf(t, Config{Policy: p, Guard: openGuard(), Roots: root.pool()})
			a := f.Do(t.Context(), Request{URL: test.url, Use: sonde.Read, Keep: true})
			checkAnswer(t, a, "")
			if string(a.Fetch.Body) != "hello" || a.Fetch.Remote != proxy.Addr() || (a.Fetch.TLS != nil) != strings.HasPrefix(test.url, "https") {
				t.Errorf("body %q, remote %s (proxy %s), TLS %v", a.Fetch.Body, a.Fetch.Remote, proxy.Addr(), a.Fetch.TLS)
			}
			if test.want == "" {
				return
			}
			asked := seen()
			if len(asked) != 1 || asked[0].Method+" "+asked[0].URL.String() != test.want || asked[0].Header.Get("Proxy-Authorization") != "Basic dXNlcjpzM2NyM3Q=" {
				t.Errorf("the proxy saw %d requests, first %+v", len(asked), asked[0])
			}
		})
	}
}

func startProxy(t *testing.T, scheme string, target *peer.Peer, config *tls.Config) (*peer.Peer, func() []*http.Request) {
	switch scheme {
	case "socks5":
		return peer.Serve(t, func(c net.Conn) { passSocks(c, target.Addr().String()) }), nil
	case "https":
		p := serveProxy(t, target, config)
		return p.Peer, p.requests
	}
	p := serveProxy(t, target, nil)
	return p.Peer, p.requests
}

// passSocks is a SOCKS5 server (RFC 1928) that asks for a password and leads
// everybody to one place.
func passSocks(c net.Conn, to string) {
	in := bufio.NewReader(c)
	take := func(n int) []byte {
		b := make([]byte, n)
		io.ReadFull(in, b)
		return b
	}
	take(int(take(2)[1]))         // version, methods
	io.WriteString(c, "\x05\x02") // by password
	take(int(take(2)[1]))         // version, user
	take(int(take(1)[0]))         // password
	io.WriteString(c, "\x01\x00")
	if head := take(4); head[3] == 3 {
		take(int(take(1)[0]))
	} else {
		take(4)
	}
	take(2) // port
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	io.WriteString(c, "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
	join(c, in, server)
}

// TestProxyIsNoWayAround: what the guard refuses is not asked of a proxy either,
// although the proxy itself is private (D37).
func TestProxyIsNoWayAround(t *testing.T) {
	server := peer.Serve(t, answerWith(hello))
	for _, scheme := range []string{"http", "socks5"} {
		proxy, _ := startProxy(t, scheme, server, nil)
		p := sonde.DefaultPolicy()
		p.Proxy = sprintf("%s://user:pw@127.0.0.1:%d", scheme, proxy.Addr().Port())
		f := fetcherOf(t, Config{Policy: p, Guard: NewGuard(nil, nil)})
		f.dialer.resolver = serveDNS(t, &zone{names: map[string]func() records{
			"public.example": always(records{addrs: addrs("192.0.9.1")}),
			"inside.example": always(records{addrs: addrs("192.0.9.1", "10.0.0.1")}),
		}})
		for _, url := range []string{"http://10.0.0.1/", "https://10.0.0.1/", "http://localhost/", "https://www.localhost/", "http://inside.example/", "https://inside.example/", "http://169.254.169.254/"} {
			checkAnswer(t, f.Do(t.Context(), Request{URL: url}), sonde.Forbidden)
		}
		if n := proxy.Connections(); n != 0 {
			t.Errorf("%s: the proxy was asked %d times", scheme, n)
		}
		for _, url := range []string{"http://public.example/", "http://only-the-proxy-knows.example/"} {
			checkAnswer(t, f.Do(t.Context(), Request{URL: url}), "")
		}
	}
}

// TestProxyFailures: what the proxy does not do is its failure, not the host's.
func TestProxyFailures(t *testing.T) {
	server := peer.Serve(t, answerWith(hello))
	refusing := serveProxy(t, server, nil)
	refusing.status = "407 Proxy Authentication Required"
	gone := peer.Serve(t, func(net.Conn) {})
	gone.Close()
	nonsense := peer.Serve(t, answerWith("nonsense\r\n\r\n"))
	talkative := peer.Serve(t, answerWith("HTTP/1.1 200 OK\r\n\r\nand more"))
	silent := peer.Serve(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	for _, test := range []struct {
		name, proxy, url string
		failure          sonde.Failure
		status           int
		silent           bool
	}{
		{"refuses a tunnel", refusing.URL(), "https://localhost/", sonde.ProxyFailed, 0, false},
		{"refuses a request", refusing.URL(), "http://localhost/", "", 407, false},
		{"is not there", gone.URL(), "https://localhost/", sonde.ProxyFailed, 0, false},
		{"is not there, plain", gone.URL(), "http://localhost/", sonde.ProxyFailed, 0, false},
		{"talks nonsense", nonsense.URL(), "https://localhost/", sonde.ProxyFailed, 0, false},
		{"talks first", talkative.URL(), "https://localhost/", sonde.ProxyFailed, 0, false},
		{"is silent", silent.URL(), "https://localhost/", sonde.ProxyFailed, 0, true},
		{"is silent, socks", strings.Replace(silent.URL(), "http", "socks5", 1), "https://localhost/", sonde.ProxyFailed, 0, true},
		{"speaks no TLS", strings.Replace(nonsense.URL(), "http", "https", 1), "https://localhost/", sonde.ProxyFailed, 0, false},
		{"speaks no SOCKS", strings.Replace(nonsense.URL(), "http", "socks5", 1), "http://localhost/", sonde.ProxyFailed, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := sonde.DefaultPolicy()
			if test.silent {
				p.Timeouts.Connect = 200 * time.Millisecond
			}
			p.Proxy = strings.TrimSuffix(test.proxy, "/")
			a := newFetcher(t, p).Do(t.Context(), Request{URL: test.url})
			checkAnswer(t, a, test.failure)
			if (a.Fetch != nil) != (test.status != 0) || a.Fetch != nil && a.Fetch.Status != test.status {
				t.Errorf("fetch %+v", a.Fetch)
			}
		})
	}
}
