package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"sonde"
)

// showing writes what sonde get got.
type showing struct {
	*getting
	to  io.Writer
	err error // of writing to it
}

// body tells where the body of an answer goes, which begins with its header where that
// is wanted.
func (s *showing) body(f *sonde.Fetch) io.Writer {
	if (s.include || s.head) && !s.json {
		s.writeHeader(f)
	}
	if s.redirects(f) || s.holds() {
		return io.Discard
	}
	return s
}

// Write writes what is got, and remembers that it could not.
func (s *showing) Write(p []byte) (n int, err error) {
	if s.err == nil {
		n, s.err = s.to.Write(p)
	}
	return n, s.err
}

// writeHeader writes the header of an answer as HTTP/1.1 has it, fit for a terminal.
func (s *showing) writeHeader(f *sonde.Fetch) {
	fmt.Fprintf(s, "%s %d %s\r\n", f.HTTPVersion, f.Status, http.StatusText(f.Status))
	for _, field := range f.Header {
		fmt.Fprintf(s, "%s: %s\r\n", printable(field.Name), printable(field.Value))
	}
	io.WriteString(s, "\r\n")
}

// tellTiming tells how long the phases of a hop took.
func (g *getting) tellTiming(h hop) {
	var t sonde.Timing
	status, over := "failed", ""
	if f := h.Fetch; f != nil {
		t = f.Timing
		over = fmt.Sprintf("  %s %s", f.Remote, f.HTTPVersion)
		if f.TLS != nil {
			over += " " + f.TLS.Version
		}
		if f.Status != 0 {
			status = fmt.Sprint(f.Status)
		}
	}
	g.warn("%s  dns %s  connect %s  tls %s  first byte %s  total %s  %s%s",
		status, inMillis(t.DNS), inMillis(t.Connect), inMillis(t.TLS), inMillis(t.FirstByte), inMillis(t.Total), h.url, over)
}

// inMillis writes a time in milliseconds: "12.3 ms".
func inMillis(d time.Duration) string { return fmt.Sprintf("%.1f ms", millis(d)) }

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// end writes the document, where it is wanted.
func (s *showing) end(hops []hop) error {
	if !s.json {
		return nil
	}
	document := gotten{Hops: make([]gottenHop, len(hops))}
	for i, h := range hops {
		document.Hops[i] = describeHop(h)
	}
	if last := hops[len(hops)-1].Fetch; last != nil {
		document.describeBody(last)
	}
	encoder := json.NewEncoder(s.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// gotten is what sonde get --json writes.
type gotten struct {
	Hops       []gottenHop `json:"hops"`
	BodyBytes  int64       `json:"body_bytes"`
	WireBytes  int64       `json:"wire_bytes"`
	BodySHA256 string      `json:"body_sha256,omitempty"`
	Body       *string     `json:"body,omitempty"`        // where it is UTF-8
	Base64     []byte      `json:"body_base64,omitempty"` // where it is not
}

func (g *gotten) describeBody(f *sonde.Fetch) {
	g.BodyBytes, g.WireBytes = f.BodyBytes, f.WireBytes
	if f.BodySHA256 != [32]byte{} {
		g.BodySHA256 = hex.EncodeToString(f.BodySHA256[:])
	}
	switch {
	case f.Body == nil:
	case utf8.Valid(f.Body):
		text := string(f.Body)
		g.Body = &text
	default:
		g.Base64 = f.Body
	}
}

// gottenHop is one request of it.
type gottenHop struct {
	URL         string        `json:"url"`
	Method      string        `json:"method"`
	Status      int           `json:"status,omitempty"`
	HTTPVersion string        `json:"http_version,omitempty"`
	Remote      string        `json:"remote,omitempty"`
	Header      []gottenField `json:"header,omitempty"`
	TLS         *gottenTLS    `json:"tls,omitempty"`
	Timing      *gottenTiming `json:"timing,omitempty"`
	Failure     sonde.Failure `json:"failure,omitempty"`
	Detail      string        `json:"detail,omitempty"`
}

type gottenField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type gottenTiming struct {
	DNS       float64 `json:"dns_ms"`
	Connect   float64 `json:"connect_ms"`
	TLS       float64 `json:"tls_ms"`
	FirstByte float64 `json:"first_byte_ms"`
	Total     float64 `json:"total_ms"`
}

type gottenTLS struct {
	Version     string    `json:"version"`
	Cipher      string    `json:"cipher"`
	Group       string    `json:"group,omitempty"`
	ALPN        string    `json:"alpn,omitempty"`
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	SANs        []string  `json:"sans"`
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Key         string    `json:"key"`
	Signature   string    `json:"signature"`
	SHA256      string    `json:"sha256"`
	VerifyError string    `json:"verify_error,omitempty"`
}

func describeHop(h hop) gottenHop {
	d := gottenHop{URL: h.url, Method: h.method, Failure: h.Failure, Detail: h.Detail}
	f := h.Fetch
	if f == nil {
		return d
	}
	d.Status, d.HTTPVersion, d.Remote = f.Status, f.HTTPVersion, f.Remote.String()
	for _, field := range f.Header {
		d.Header = append(d.Header, gottenField(field))
	}
	t := f.Timing
	d.Timing = &gottenTiming{millis(t.DNS), millis(t.Connect), millis(t.TLS), millis(t.FirstByte), millis(t.Total)}
	if f.TLS != nil && f.TLS.Certificate != nil {
		d.TLS = describeTLS(f.TLS)
	}
	return d
}

func describeTLS(facts *sonde.TLSFacts) *gottenTLS {
	c := facts.Certificate
	return &gottenTLS{
		Version: facts.Version, Cipher: facts.Cipher, Group: facts.Group, ALPN: facts.ALPN,
		Subject: c.Subject, Issuer: c.Issuer, SANs: c.SANs, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Key: c.Key, Signature: c.Signature, SHA256: hex.EncodeToString(c.SHA256[:]), VerifyError: c.VerifyError,
	}
}
