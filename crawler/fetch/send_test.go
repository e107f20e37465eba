package fetch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sonde"
	"sonde/internal/peer"
)

// TestContent: methods and bodies of requests arrive, and a body goes where it is wanted.
func TestContent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Set-Cookie", "sid=secret")
		io.WriteString(w, r.Method+" "+string(body))
	}))
	defer server.Close()
	f := newFetcher(t, sonde.DefaultPolicy())
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		var sink bytes.Buffer
		a := f.Do(t.Context(), Request{URL: server.URL + "/", Method: method, Content: []byte("a=b"), Sink: func(*sonde.Fetch) io.Writer { return &sink }, Secrets: true})
		checkAnswer(t, a, "")
		if sink.String() != method+" a=b" || a.Fetch.Body != nil {
			t.Errorf("the answer is %q, kept %q", sink.String(), a.Fetch.Body)
		}
		if !strings.Contains(sprintf("%v", a.Fetch.Header), "{Set-Cookie sid=secret}") {
			t.Errorf("the header is %v", a.Fetch.Header)
		}
	}
}

// TestSinkRefuses: a body ends where nobody takes it any more.
func TestSinkRefuses(t *testing.T) {
	server := peer.Serve(t, answerAndHold("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello"))
	full := errors.New("no space")
	a := newFetcher(t, sonde.DefaultPolicy()).Do(t.Context(), Request{URL: server.URL(), Sink: func(*sonde.Fetch) io.Writer { return refusing{full} }})
	if a.Failure == "" || !a.Fetch.Truncated || !strings.Contains(a.Detail, "no space") {
		t.Errorf("%+v", a)
	}
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }

// TestPins: a place that is pinned is dialled there, and others are not.
func TestPins(t *testing.T) {
	server := peer.Serve(t, answerWith("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	port := sprintf("%d", server.Addr().Port())
	pins := map[string]netip.Addr{"a.invalid:" + port: server.Addr().Addr()}
	f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: openGuard(), Pins: pins})
	checkAnswer(t, f.Do(t.Context(), Request{URL: "http://A.invalid:" + port + "/"}), "")
	if a := f.Do(t.Context(), Request{URL: "http://a.invalid:1/"}); a.Failure.Outcome() != sonde.DNSError && a.Failure != sonde.DNSTimeout {
		t.Errorf("%+v", a)
	}
}
