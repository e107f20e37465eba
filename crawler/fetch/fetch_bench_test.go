package fetch

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sonde"
)

// benchPage is as large as a page of a real manual.
var benchPage = []byte(strings.Repeat("<p>a paragraph with <a href='/x'>a link</a></p>\n", 21<<10/48))

func benchServer(b *testing.B) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(benchPage)
	}))
	b.Cleanup(s.Close)
	return s
}

// BenchmarkDo is one request over a warm connection, the server in the same process.
func BenchmarkDo(b *testing.B) {
	s := benchServer(b)
	f := newFetcher(b, sonde.DefaultPolicy())
	b.ReportAllocs()
	for b.Loop() {
		a := f.Do(b.Context(), Request{URL: s.URL + "/a/page?q=1", Use: sonde.Read, Keep: true})
		if a.Failure != "" || len(a.Fetch.Body) != len(benchPage) {
			b.Fatal(a.Failure, a.Detail)
		}
	}
}

// BenchmarkBare is the same through net/http alone, with the body read and hashed.
func BenchmarkBare(b *testing.B) {
	s := benchServer(b)
	client := s.Client()
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
		var body bytes.Buffer
		if _, err := io.Copy(&body, resp.Body); err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		if sum := sha256.Sum256(body.Bytes()); sum == ([32]byte{}) {
			b.Fatal("no sum")
		}
	}
}
