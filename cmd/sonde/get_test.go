package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"sonde/internal/pki"
)

// teller answers with what it was asked, and redirects below /to/.
func teller(w http.ResponseWriter, r *http.Request) {
	if to, ok := strings.CutPrefix(r.URL.Path, "/to/"); ok {
		var status int
		fmt.Sscanf(to, "%d", &status)
		w.Header().Set("Location", "/end")
		w.WriteHeader(status)
		io.WriteString(w, "on the way")
		return
	}
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Set-Cookie", "sid=1")
	w.Header().Set("X-Odd", "a\u202eb")
	fmt.Fprintf(w, "%s %s %q %s %s\x1b[0m", r.Method, r.URL, body, r.Header.Get("X-Told"), r.Header.Get("Content-Type"))
}

// TestGet holds what the flags ask for, and what is written.
func TestGet(t *testing.T) {
	c := newCaller(t)
	origin := serve(t, http.HandlerFunc(teller))
	if err := os.WriteFile(c.path("data"), []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.stdin = "from stdin"
	for _, test := range []struct {
		args  []string
		texts []string
	}{
		{[]string{"/x?b=1&a=2"}, []string{`GET /x?b=1&a=2 ""`, "\x1b[0m", "!HTTP/1.1"}},
		{[]string{"-i", "/x"}, []string{"HTTP/1.1 200 OK\r\n", "Set-Cookie: sid=1\r\n", `X-Odd: a\u202eb`, "\r\n\r\nGET /x"}},
		{[]string{"-I", "/x"}, []string{"HTTP/1.1 200 OK\r\n", "!GET"}},
		{[]string{"-d", "q=1", "/x"}, []string{`POST /x "q=1"  application/x-www-form-urlencoded`}},
		{[]string{"-d", "q=1", "-X", "PUT", "-H", "Content-Type: text/plain", "/x"}, []string{`PUT /x "q=1"  text/plain`}},
		{[]string{"-d", "@" + c.path("data"), "/x"}, []string{`POST /x "from a file"`}},
		{[]string{"-d", "@-", "/x"}, []string{`POST /x "from stdin"`}},
		{[]string{"-d", "", "/x"}, []string{`POST /x ""`}},
		{[]string{"-H", "X-Told: a", "/x"}, []string{`GET /x "" a`}},
		{[]string{"/to/302"}, []string{"on the way", "!/end"}},
		{[]string{"-L", "/to/302"}, []string{`GET /end ""`, "!on the way"}},
		{[]string{"-L", "-i", "/to/307"}, []string{"HTTP/1.1 307 Temporary Redirect\r\n", "Location: /end\r\n", "HTTP/1.1 200 OK\r\n", "!on the way"}},
		{[]string{"-L", "-d", "q=1", "/to/303"}, []string{`GET /end ""`}},
		{[]string{"-L", "-d", "q=1", "/to/308"}, []string{`POST /end "q=1"`}},
		{[]string{"-L", "--timing", "/to/301"}, []string{"301  dns ", "200  dns ", "  connect ", "  tls ", "  first byte ", "  total "}},
	} {
		args := append([]string{"get"}, test.args...)
		args[len(args)-1] = origin + args[len(args)-1]
		c.wants(c.sonde(args...), exitDone, test.texts...)
	}
}

// TestGetRefuses holds what is not asked for at all.
func TestGetRefuses(t *testing.T) {
	c := newCaller(t)
	for text, args := range map[string][]string{
		"needs one URL":               {},
		"-d does not go with it":      {"-I", "-d", "x", "example.org"},
		"the name of a method":        {"-X", "GE T", "example.org"},
		"HOST:PORT:ADDR is wanted":    {"--resolve", "example.org:https:1.2.3.4", "example.org"},
		"a header field is wanted":    {"-H", "nonsense", "example.org"},
		"set by Sonde itself":         {"-H", "Host: x", "example.org"},
		"-H 'Authorization: …'":       {"http://user:secret@example.org/"},
		"is not an address":           {"http://exa mple/"},
		"--timeout \"0s\"":            {"--timeout", "0s", "example.org"},
		"no such file":                {"-d", "@/no/such/file", "example.org"},
		"is a directory; name a file": {"-o", c.dir, "http://127.0.0.1:1/"},
	} {
		c.wants(c.sonde(append([]string{"get"}, args...)...), exitUsage, text, "!secret")
	}
}

// TestGetFails: the exit code and a sentence tell of every way that no whole answer came,
// and no file is left that looks whole.
func TestGetFails(t *testing.T) {
	c := newCaller(t)
	short := serveRaw(t, nil, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
	silent := serveRaw(t, nil, "")
	elsewhere := serve(t, http.HandlerFunc(teller))
	loop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }))
	away := serve(t, http.RedirectHandler(elsewhere, http.StatusFound))
	odd := serve(t, http.RedirectHandler("ftp://example.org/", http.StatusFound))
	for _, test := range []struct{ url, failure string }{
		{"http://127.0.0.1:1/", "connection refused (refused)"},
		{"http://" + short, "(short_body)"},
		{"http://" + silent, "(empty_reply)"},
		{loop, "(redirect_limit)"},
		{away, "(blocked_address)"},
		{odd, "(bad_location)"},
	} {
		c.wants(c.sonde("get", "-L", "-o", c.path("file"), test.url), exitError, test.failure)
		if left, _ := os.ReadDir(c.dir); len(left) > 0 {
			t.Errorf("%s leaves %s", test.url, left[0].Name())
		}
	}
}

// TestGetFile writes a file, which may be there already.
func TestGetFile(t *testing.T) {
	c := newCaller(t)
	origin := serve(t, pages(map[string]string{"/": "hello"}))
	for range 2 {
		c.wants(c.sonde("get", "-o", c.path("file"), origin), exitDone)
		if text, err := os.ReadFile(c.path("file")); string(text) != "hello" {
			t.Errorf("the file holds %q, %v", text, err)
		}
	}
}

// TestGetTLS: a bad certificate is refused with its reason unless it is accepted, and an
// end that is none is told.
func TestGetTLS(t *testing.T) {
	c := newCaller(t)
	leaf := pki.New(t, "leaf", nil, pki.For("a.test"))
	config := &tls.Config{Certificates: []tls.Certificate{leaf.TLS()}}
	whole := serveRaw(t, config, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	unsure := serveRaw(t, config, "HTTP/1.0 200 OK\r\n\r\nhello")
	c.wants(c.sonde("get", "https://"+whole), exitError, "other name", "(cert_name)")
	c.wants(c.sonde("get", "-k", "https://"+whole), exitDone, "hello")
	c.wants(c.sonde("get", "-k", "https://"+unsure), exitError, "hello", "without close_notify")
	_, port, _ := net.SplitHostPort(whole)
	c.wants(c.sonde("get", "--resolve", "A.test:"+port+":127.0.0.1", "https://a.test:"+port), exitError, "self-signed (cert_untrusted)")
}

// TestGetJSON reads the document back.
func TestGetJSON(t *testing.T) {
	c := newCaller(t)
	leaf := pki.New(t, "leaf", nil, pki.For("127.0.0.1"))
	server := serveRaw(t, &tls.Config{Certificates: []tls.Certificate{leaf.TLS()}}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe")
	e := c.sonde("get", "-k", "--json", "https://"+server)
	c.wants(e, exitDone)
	var got gotten
	if err := json.Unmarshal([]byte(e.out), &got); err != nil {
		t.Fatal(err)
	}
	if h := got.Hops[0]; h.Status != 200 || h.TLS.Subject != "CN=leaf" || h.TLS.VerifyError != "self-signed" || h.Timing.TLS <= 0 || string(got.Base64) != "\xff\xfe" || got.BodyBytes != 2 {
		t.Errorf("it wrote %s", e.out)
	}
	e = c.sonde("get", "--json", "http://127.0.0.1:1/")
	c.wants(e, exitError, `"failure": "refused"`)
}

// serveRaw answers every request with raw bytes and closes, over TLS where there is a
// configuration, which it then leaves without close_notify. It returns where it listens.
func serveRaw(t *testing.T, config *tls.Config, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer raw.Close()
				c := raw
				if config != nil {
					c = tls.Server(raw, config)
				}
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					io.WriteString(c, answer)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String()
}
