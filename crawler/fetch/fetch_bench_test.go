package fetch

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"sonde"
)

// benchPage is as large as a page of a real manual.
var benchPage = []byte(strings.Repeat("<p>a paragraph with <a href='/x'>a link</a></p>\n", 21<<10/48))

// serveBench serves benchPage, as it is or in gzip.
func serveBench(b *testing.B, zipped bool) *httptest.Server {
	body := benchPage
	if zipped {
		body = gzipped(b, benchPage)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if zipped {
			w.Header().Set("Content-Encoding", "gzip")
		}
		w.Write(body)
	}))
	b.Cleanup(s.Close)
	return s
}

// BenchmarkDo is one request over a warm connection, with the body kept, the
// server in the same process.
func BenchmarkDo(b *testing.B) { benchDo(b, false) }

// BenchmarkDoGzip is the same with the body in gzip.
func BenchmarkDoGzip(b *testing.B) { benchDo(b, true) }

func benchDo(b *testing.B, zipped bool) {
	s := serveBench(b, zipped)
	f := newFetcher(b, sonde.DefaultPolicy())
	b.ReportAllocs()
	for b.Loop() {
		a := f.Do(b.Context(), Request{URL: s.URL + "/a/page?q=1", Use: sonde.Read, Keep: true})
		if a.Failure != "" || len(a.Fetch.Body) != len(benchPage) {
			b.Fatal(a.Failure, a.Detail)
		}
	}
}

// BenchmarkBare is what net/http alone takes for it: the body read into a buffer
// that is used again, hashed, copied.
func BenchmarkBare(b *testing.B) { benchBare(b, false) }

// BenchmarkBareGzip is the same with the body in gzip.
func BenchmarkBareGzip(b *testing.B) { benchBare(b, true) }

func benchBare(b *testing.B, zipped bool) {
	s := serveBench(b, zipped)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	buffer := make([]byte, len(benchPage))
	var unzip gzip.Reader
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+"/a/page?q=1", nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		var body io.Reader = resp.Body
		if zipped {
			if err := unzip.Reset(body); err != nil {
				b.Fatal(err)
			}
			body = &unzip
		}
		if _, err := io.ReadFull(body, buffer); err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if sum := sha256.Sum256(buffer); len(append([]byte(nil), buffer...)) == 0 || sum == ([32]byte{}) {
			b.Fatal("nothing read")
		}
	}
}
