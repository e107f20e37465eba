package fetch

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sonde"
)

func TestText(t *testing.T) {
	for value, want := range map[string]string{
		"":                  "",
		"plain":             "plain",
		"tab\there":         "tab\there",
		"café":              "café",
		"caf\xe9":           "café",
		"nul\x00":           "nul\uFFFD",
		"esc\x1b[31m":       "esc\uFFFD[31m",
		"del\x7f":           "del\uFFFD",
		"c1 \u009b in UTF8": "c1 \uFFFD in UTF8",
		"c1 \x9b":           "c1 \uFFFD",
	} {
		if got := text(value); got != want {
			t.Errorf("text(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestWithoutSecret(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"Set-Cookie", "sid=s3cr3t", "sid="},
		{"Set-Cookie", " sid = s3cr3t ; Path=/; Secure", "sid=; Path=/; Secure"},
		{"Set-Cookie", "s3cr3t", "="},
		{"Set-Cookie", "s3cr3t; Secure", "=; Secure"},
		{"Set-Cookie", "a=b=s3cr3t", "a="},
		{"Set-Cookie", `a="s3cr3t"; HttpOnly`, "a=; HttpOnly"},
		{"Authorization", "Bearer s3cr3t", ""},
		{"X-Api-Key", "s3cr3t", ""},
		{"Www-Authenticate", `Basic realm="in"`, `Basic realm="in"`},
		{"Server", "nginx", "nginx"},
	}
	for _, test := range tests {
		if got := withoutSecret(test.name, test.value); got != test.want {
			t.Errorf("%s: %q became %q, want %q", test.name, test.value, got, test.want)
		}
	}
}

func TestMediaType(t *testing.T) {
	tests := []struct {
		header, want string
		textual      bool
	}{
		{"", "", true},
		{"text/html", "text/html", true},
		{" Text/HTML;charset=utf-8", "text/html", true},
		{"application/xhtml+xml; a=b", "application/xhtml+xml", true},
		{"image/svg+xml", "image/svg+xml", true},
		{"application/ld+json", "application/ld+json", true},
		{"application/rss+xml", "application/rss+xml", true},
		{"text/plain", "text/plain", true},
		{"garbage", "", true},
		{";", "", true},
		{"image/png", "image/png", false},
		{"application/pdf", "application/pdf", false},
		{"application/zip", "application/zip", false},
		{"application/octet-stream", "application/octet-stream", false},
		{"video/mp4", "video/mp4", false},
	}
	for _, test := range tests {
		got := mediaType(test.header)
		if got != test.want || textual(got) != test.textual {
			t.Errorf("mediaType(%q) = %q, textual %t; want %q, %t", test.header, got, textual(got), test.want, test.textual)
		}
	}
}

// FuzzFields holds that whatever a header says can be stored and shown, and that
// the value of a cookie is never in it.
func FuzzFields(f *testing.F) {
	f.Add("Server", "nginx")
	f.Add("Set-Cookie", "a=b; Path=/")
	f.Add("X-Latin", "caf\xe9\x00")
	f.Fuzz(func(t *testing.T, name, value string) {
		const secret = "s3cr3t"
		kept, cut := fields(http.Header{name: {value}, "Set-Cookie": {"sid=" + secret + ";" + strings.ReplaceAll(value, secret, "")}}, false)
		if cut || len(kept) > 2 {
			t.Fatalf("%d fields, cut %t", len(kept), cut)
		}
		for _, field := range kept {
			for _, text := range []string{field.Name, field.Value} {
				if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
					t.Fatalf("%q is not fit to store", text)
				}
			}
			if field.Name == "Set-Cookie" && name != "Set-Cookie" && strings.Contains(field.Value, secret) {
				t.Fatalf("the secret is kept: %q", field.Value)
			}
		}
	})
}

// TestFieldsThatAreOnlyKept: what a server says of its clock, of other ways to reach it
// and of the name of a file is kept as it stands, and nothing goes by it (C07, D35, D36).
func TestFieldsThatAreOnlyKept(t *testing.T) {
	fields := []sonde.HeaderField{
		{Name: "Alt-Svc", Value: `h3=":1"; ma=999999999999`},
		{Name: "Content-Disposition", Value: `attachment; filename="../../etc/cron.d/x"`},
		{Name: "Date", Value: "Thu, 01 Jan 1970 00:00:00 GMT"},
		{Name: "Expires", Value: "-1e99, tomorrow"},
		{Name: "Last-Modified", Value: "Fri, 31 Dec 2099 23:59:59 GMT"},
		{Name: "Strict-Transport-Security", Value: "max-age=1e18; preload"},
	}
	server := serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, field := range fields {
			w.Header().Set(field.Name, field.Value)
		}
		io.WriteString(w, "<p>here")
	})
	fetcher := newFetcher(t, sonde.DefaultPolicy())
	for range 2 { // the second time by plain http too, over the connection that is there
		a := fetcher.Do(t.Context(), Request{URL: server.URL + "/", Use: sonde.Read, Keep: true})
		checkAnswer(t, a, "")
		for _, want := range fields {
			if !slices.Contains(a.Fetch.Header, want) {
				t.Errorf("%s is not %q in %q", want.Name, want.Value, a.Fetch.Header)
			}
		}
		if string(a.Fetch.Body) != "<p>here" || a.Fetch.HTTPVersion != "HTTP/1.1" {
			t.Errorf("fetch %+v", a.Fetch)
		}
	}
}
