package fetch

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"sonde"
	"sonde/internal/peer"
)

// encode applies a content coding; "deflate-bare" is deflate as RFC 1951 has it.
func encode(t testing.TB, coding string, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip":
		return gzipped(t, plain)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "deflate-bare":
		w, err = flate.NewWriter(&b, flate.DefaultCompression)
	case "br":
		w = brotli.NewWriterLevel(&b, brotli.BestSpeed)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	default:
		t.Fatalf("no such coding: %s", coding)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCodings(t *testing.T) {
	tests := []struct {
		headers []string
		want    []string
		bad     bool
	}{
		{nil, nil, false},
		{[]string{""}, nil, false},
		{[]string{"gzip"}, []string{"gzip"}, false},
		{[]string{"X-GZIP"}, []string{"gzip"}, false},
		{[]string{"identity"}, nil, false},
		{[]string{"UTF-8"}, nil, false},
		{[]string{" br , gzip "}, []string{"br", "gzip"}, false},
		{[]string{"deflate", "zstd"}, []string{"deflate", "zstd"}, false},
		{[]string{"gzip, gzip", "gzip"}, nil, true},
		{[]string{strings.Repeat("gzip,", 10) + "gzip"}, nil, true},
		{[]string{"compress"}, nil, true},
		{[]string{"gzip;q=1"}, nil, true},
	}
	for _, test := range tests {
		got, err := codings(test.headers)
		if !slices.Equal(got, test.want) || (err != nil) != test.bad {
			t.Errorf("codings(%q) = %q, %v; want %q, error %t", test.headers, got, err, test.want, test.bad)
		}
	}
}

// TestContentEncoding asks a server that sends a page in every coding.
func TestContentEncoding(t *testing.T) {
	page := []byte(strings.Repeat("<p>every page is a page", 500))
	f := newFetcher(t, sonde.DefaultPolicy())
	plain := func(coding string) []byte { return encode(t, coding, page) }
	two := func(outer, inner string) []byte { return encode(t, outer, plain(inner)) }
	noise := []byte("\x11 this is no code of any kind")
	tests := []struct {
		name, encoding string
		body           []byte
		failure        sonde.Failure
		want           string // the beginning of what is kept
		whole          bool   // all of page is kept
	}{
		{"gzip", "gzip", plain("gzip"), "", "", true},
		{"deflate in zlib", "deflate", plain("deflate"), "", "", true},
		{"deflate, bare", "deflate", plain("deflate-bare"), "", "", true},
		{"br", "br", plain("br"), "", "", true},
		{"zstd", "zstd", plain("zstd"), "", "", true},
		{"two codings", "gzip, br", two("br", "gzip"), "", "", true},
		{"two codings, the other way", "br, zstd", two("zstd", "br"), "", "", true},
		{"a charset for a coding", "utf-8", page, "", "", true},
		{"E08 two members", "gzip", slices.Concat(encode(t, "gzip", page[:100]), encode(t, "gzip", page[100:])), "", "", true},
		{"E08 garbage behind gzip", "gzip", append(plain("gzip"), "garbage"...), "", "", true},
		{"E08 one byte behind gzip", "gzip", append(plain("gzip"), '\n'), "", "", true},
		{"garbage behind deflate", "deflate", append(plain("deflate"), "garbage"...), "", "", true},
		{"nothing in gzip", "gzip", nil, "", "", false},
		{"nothing in br", "br", nil, "", "", false},
		{"nothing in zstd", "zstd", nil, "", "", false},
		{"nothing in deflate", "deflate", nil, "", "", false},
		{"E03 three codings", "gzip, gzip, gzip", encode(t, "gzip", two("gzip", "gzip")), sonde.BadEncoding, "", false},
		{"unknown coding", "sdch", page, sonde.BadEncoding, "", false},
		{"no gzip at all", "gzip", page, sonde.BadEncoding, "", false},
		{"no br at all", "br", noise, sonde.BadEncoding, "", false},
		{"no zstd at all", "zstd", noise, sonde.BadEncoding, "", false},
		{"gzip with a broken sum", "gzip", broken8(plain("gzip")), sonde.BadEncoding, "<p>every", false},
		{"half of gzip", "gzip", half(plain("gzip")), sonde.ShortBody, "<p>every", false},
		{"half of deflate", "deflate", half(plain("deflate")), sonde.ShortBody, "<p>every", false},
		{"half of br", "br", half(plain("br")), sonde.ShortBody, "", false},
		{"half of zstd", "zstd", half(plain("zstd")), sonde.ShortBody, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := peer.Serve(t, answerWith(sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", test.encoding, len(test.body), test.body)))
			a := f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Read, Keep: true})
			checkAnswer(t, a, test.failure)
			if a.Fetch == nil || a.Fetch.Status != 200 {
				t.Fatalf("fetch %+v", a.Fetch)
			}
			if a.Fetch.Truncated != (test.failure != "") {
				t.Errorf("truncated %t with failure %q", a.Fetch.Truncated, test.failure)
			}
			if test.whole && (!bytes.Equal(a.Fetch.Body, page) || a.Fetch.BodySHA256 != sha256.Sum256(page) || a.Fetch.WireBytes != int64(len(test.body))) {
				t.Errorf("%d bytes of %d, on the wire %d of %d", len(a.Fetch.Body), len(page), a.Fetch.WireBytes, len(test.body))
			}
			if !strings.HasPrefix(string(a.Fetch.Body), test.want) {
				t.Errorf("body %.40q, want it to begin with %q", a.Fetch.Body, test.want)
			}
		})
	}
}

func half(b []byte) []byte { return b[:len(b)/2] }

// broken8 spoils the trailer of a gzip member.
func broken8(b []byte) []byte {
	b = slices.Clone(b)
	b[len(b)-8] ^= 0xff
	return b
}

// TestBombs: what unpacks to far more than it is stops early, in memory too.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 16<<20)
	tests := []struct{ name, encoding, contentType string }{
		{"gzip", "gzip", "text/html"},
		{"br", "br", "text/html"},
		{"zstd", "zstd", "text/html"},
		{"deflate", "deflate", "text/html"},
		{"E02 gzip by type", "gzip", "application/gzip"},
		{"gzip in gzip", "gzip, gzip", "text/html"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := zeros
			for name := range strings.SplitSeq(test.encoding, ", ") {
				body = encode(t, name, body)
			}
			server := peer.Serve(t, answerWith(sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", test.contentType, test.encoding, len(body), body)))
			f := newFetcher(t, sonde.DefaultPolicy())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			a := f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Read, Keep: true})
			runtime.ReadMemStats(&after)
			checkAnswer(t, a, "")
			if !a.Fetch.Truncated || a.Detail == "" || len(a.Fetch.Body) < 1<<20 || len(a.Fetch.Body) > 4<<20 {
				t.Errorf("truncated %t, %d bytes kept, detail %q", a.Fetch.Truncated, len(a.Fetch.Body), a.Detail)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 24<<20 {
				t.Errorf("%d MiB were allocated for a bomb", allocated>>20)
			}
		})
	}
}

// TestZstdWindow: a frame that asks for more than the window that everybody must
// support is refused before the memory is taken.
func TestZstdWindow(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x01, 0x00, 0x00} // window 2^27, one empty last block
	var d decoders
	opened, err := d.open([]string{"zstd"}, bytes.NewReader(frame))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.close()
	if _, err := io.ReadAll(opened); !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("error %v, want %v", err, zstd.ErrWindowSizeExceeded)
	}
}

// TestLayersAreUsedAgain: what one body left in a layer does not show in the next.
func TestLayersAreUsedAgain(t *testing.T) {
	var d decoders
	read := func(coding string, body []byte) (string, error) {
		opened, err := d.open([]string{strings.TrimSuffix(coding, "-bare")}, bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		defer opened.close()
		text, err := io.ReadAll(opened)
		return string(text), err
	}
	for _, coding := range []string{"gzip", "deflate", "deflate-bare", "br", "zstd", "deflate", "gzip"} {
		whole := encode(t, coding, []byte(strings.Repeat("first ", 1000)))
		if _, err := read(coding, whole[:len(whole)/2]); err == nil {
			t.Errorf("%s: half a body passed for a whole one", coding)
		}
		if _, err := read(coding, []byte("\x03\xff\xffgarbage, if anything")); err == nil {
			t.Errorf("%s: garbage passed", coding)
		}
		if text, err := read(coding, encode(t, coding, []byte("second"))); text != "second" || err != nil {
			t.Errorf("%s: %q, %v", coding, text, err)
		}
	}
}

// FuzzDecode holds that no bytes, in no coding, make decoding panic, run away or
// give more than the limit, and that what is encoded comes back.
func FuzzDecode(f *testing.F) {
	names := []string{"gzip", "deflate", "br", "zstd", "gzip,br", "zstd,deflate"}
	for i := range names {
		f.Add(uint8(i), []byte("some text that is not encoded"))
	}
	for i, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		f.Add(uint8(i), encode(f, coding, bytes.Repeat([]byte("text "), 100)))
	}
	var d decoders
	var s scratch
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		coding := strings.Split(names[int(which)%len(names)], ",")
		const limit = 1 << 20
		watch := startWatch(sonde.DefaultPolicy().Timeouts, "example.org", func(error) {})
		defer watch.stop()
		drunk := func(body []byte) draught {
			w := &wire{body: bytes.NewReader(body), watch: watch, limit: 1 << 16}
			opened, err := d.open(coding, w)
			if err != nil {
				return draught{err: err}
			}
			defer opened.close()
			return s.drink(opened, w, measure{limit: limit, keep: true, sink: io.Discard, room: func(int64) error { return nil }})
		}
		if got := drunk(body); got.n > limit || got.n != int64(len(got.body)) {
			t.Fatalf("%d bytes counted, %d kept, limit %d", got.n, len(got.body), limit)
		}
		if len(body) > 1<<12 {
			return
		}
		encoded := body
		for _, name := range coding {
			encoded = encode(t, name, encoded)
		}
		if got := drunk(encoded); got.err != nil || !bytes.Equal(got.body, body) {
			t.Fatalf("%s: %d bytes came back as %d: %v", coding, len(body), len(got.body), got.err)
		}
	})
}
