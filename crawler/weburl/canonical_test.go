package weburl

import (
	"testing"

	"sonde"
	"sonde/internal/suite"
)

func TestCanonical(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"HTTP://Example.ORG", "http://example.org/"},
		{"https://example.org:443/", "https://example.org/"},
		{"https://example.org:80/", "https://example.org:80/"},
		{"https://example.org./x", "https://example.org/x"},
		{"https://user:secret@example.org/x#y", "https://example.org/x"},
		{"https://bücher.example/", "https://xn--bcher-kva.example/"},
		{"http://[::FFFF:1.2.3.4]:8080/", "http://[::ffff:102:304]:8080/"},

		{"http://h/%41%2d%2E%5f%7e%2f%3a", "http://h/A-._~%2F%3A"},
		{"http://h/%c3%bc?%c3%bc=%3d", "http://h/%C3%BC?%C3%BC=%3D"},
		{"http://h/%2541", "http://h/%2541"},
		{"http://h/%%34%31", "http://h/%%341"},
		{"http://h/%4%31", "http://h/%4%31"},
		{"http://h/%zz%41", "http://h/%zzA"},
		{"http://h/%/%41", "http://h/%/A"},
		{"http://h/%%7e1", "http://h/%~1"},
		{"http://h/;jsessionid=1%/%41", "http://h//A"},
		{"http://h/%", "http://h/%"},
		{"http://h/a/%2e%2e/b/./c//d/", "http://h/b/c//d/"},
		{"http://h/A", "http://h/A"},

		{"http://h/a;jsessionid=1F3C", "http://h/a"},
		{"http://h/a;JSessionID=1?b", "http://h/a?b"},
		{"http://h/a;%6asessionid=1", "http://h/a"},
		{"http://h/a;v=1;jsessionid=1;w=2/b;jsessionid=2", "http://h/a;v=1;w=2/b"},
		{"http://h/a;jsessionidx=1", "http://h/a;jsessionidx=1"},
		{"http://h/a/..;jsessionid=1;jsessionid=2/b", "http://h/a/..;jsessionid=1/b"},
		{"http://h/;jsessionid=1", "http://h/"},

		{"http://h/?", "http://h/"},
		{"http://h/?#", "http://h/"},
		{"http://h/?&&", "http://h/"},
		{"http://h/?a=1&&b=2&", "http://h/?a=1&b=2"},
		{"http://h/?b=2&a=1&b", "http://h/?b=2&a=1&b"},
		{"http://h/?=", "http://h/?="},
		{"http://h/?utm_source=x", "http://h/"},
		{"http://h/?UTM_Source=x&a=1", "http://h/?a=1"},
		{"http://h/?a=1&fbclid=x&gclid=y&b=2", "http://h/?a=1&b=2"},
		{"http://h/?utm%5Fsource=x&a", "http://h/?a"},
		{"http://h/?PHPSESSID=1&sid=2&ASPSESSIONIDABC=3", "http://h/"},
		{"http://h/?sid", "http://h/"},
		{"http://h/?side=1&asid=2&gclids=3&utm=4", "http://h/?side=1&asid=2&gclids=3&utm=4"},
		{"http://h/?a=utm_source=x", "http://h/?a=utm_source=x"},
		{"http://h/?a=1;b=2", "http://h/?a=1;b=2"},
	}
	for _, c := range tests {
		got := canonicalizer.Canonical(c.raw)
		if got.URL != c.want || got.Reason != "" {
			t.Errorf("Canonical(%q) = %q (reason %q), want %q", c.raw, got.URL, got.Reason, c.want)
		}
		if again := canonicalizer.Canonical(got.URL); again.URL != got.URL || again.Original != "" {
			t.Errorf("Canonical(%q) = %+v, want it as it is", got.URL, again)
		}
	}
}

func TestOriginal(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"HTTP://u:p@H:80/a/../b#c", ""},
		{"http://h/%7Ea", "http://h/%7Ea"},
		{"http://H./?", "http://h./?"},
		{"http://u@h/?a&sid=1#c", "http://h/?a&sid=1"},
		{"http://h/%%41", ""},
	}
	for _, c := range tests {
		if got := canonicalizer.Canonical(c.raw); got.Original != c.want {
			t.Errorf("Canonical(%q).Original = %q, want %q", c.raw, got.Original, c.want)
		}
	}
}

// Spellings of one URL become one URL.
func TestCanonicalJoinsSpellings(t *testing.T) {
	tests := map[string][]string{
		"http://example.org/a": {
			"http://example.org/a", "HTTP://EXAMPLE.ORG/a", "http://example.org:80/a", "http://example.org./a",
			"http://user@example.org/a", "http://example.org/%61", "http://example.org/./a", "http://example.org/b/../a",
			"http://example.org/a?", "http://example.org/a#b", "http://example.org/a?utm_medium=x", "http:/example.org/a",
			`http:\\example.org\a`, "http://ex%61mple.org/a", "http://ｅxample。org/a", "http://example.org/a;jsessionid=9",
		},
		"http://127.0.0.1/": {
			"http://127.0.0.1/", "http://0x7f.1/", "http://0x7F000001/", "http://2130706433/", "http://0177.0.0.1/",
			"http://0177.0.0.01", "http://127.1/", "http://127.0.1", "http://127.0.0.1./", "http://①②⑦.⓪.⓪.①/",
			"http://127。0。0。1/", "http://１２７.0.0.1/", "http://%31%32%37.0.0.1/", "http://127.0.0.1#@example.com/",
			`http://127.0.0.1\@example.com/..`, "http:////127.0.0.1/", "http://x@127.0.0.1:80/", "http://00000177.1/",
		},
		"http://[::1]/": {"http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::0.0.0.1]/", "http://[0000::0001]:80/"},
	}
	for want, spellings := range tests {
		for _, raw := range spellings {
			if got := canonicalizer.Canonical(raw); got.URL != want {
				t.Errorf("Canonical(%q) = %q (reason %q), want %q", raw, got.URL, got.Reason, want)
			}
		}
	}
}

// What differs may be different pages.
func TestCanonicalKeepsApart(t *testing.T) {
	seen := map[string]string{}
	for _, raw := range []string{
		"http://h/a", "http://h/A", "http://h/a/", "http://h//a", "https://h/a", "http://h:8080/a", "http://www.h/a",
		"http://h/a?x=1&y=2", "http://h/a?y=2&x=1", "http://h/a?x=1", "http://h/a?x", "http://h/a?x=", "http://h/a%2F", "http://h/a%252F",
	} {
		got := canonicalizer.Canonical(raw).URL
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q both become %q", raw, other, got)
		}
		seen[got] = raw
	}
}

func TestDropParams(t *testing.T) {
	tests := []struct {
		names     []string
		raw, want string
	}{
		{nil, "http://h/?sid=1", "http://h/?sid=1"},
		{[]string{"*"}, "http://h/?a=1&=2&%C3%BC", "http://h/"},
		{[]string{""}, "http://h/?a&=1", "http://h/?a&=1"},
		{[]string{"größe"}, "http://h/?gr%c3%b6%C3%9Fe=1&a", "http://h/?a"},
		{[]string{"A*", "b"}, "http://h/?abc=1&B=2&ba=3&cab=4", "http://h/?ba=3&cab=4"},
		{[]string{"x[]"}, "http://h/?x[]=1&x=2", "http://h/?x=2"},
	}
	for _, c := range tests {
		if got := NewCanonicalizer(c.names).Canonical(c.raw).URL; got != c.want {
			t.Errorf("without %q, %q becomes %q, want %q", c.names, c.raw, got, c.want)
		}
	}
}

func TestCanonicalSafetySuite(t *testing.T) {
	var known struct {
		Spellings []string `json:"loopback_spellings"`
		Rejected  []string `json:"schemes_rejected"`
	}
	suite.Read(t, "ssrf", &known)
	if len(known.Spellings) == 0 || len(known.Rejected) == 0 {
		t.Fatal("the suite is empty")
	}
	for _, raw := range known.Spellings {
		got := canonicalizer.Canonical(raw)
		if raw == "http://127.0.0.1:80:80/" {
			if got.Reason != sonde.Malformed {
				t.Errorf("%q: %+v, want it malformed", raw, got)
			}
			continue
		}
		if got.Reason != "" || !isLocal(got.Host) {
			t.Errorf("%q: %+v, want a host that is this machine", raw, got)
		}
	}
	for _, raw := range known.Rejected {
		if got := canonicalizer.Canonical(raw); got.Reason != sonde.BadScheme {
			t.Errorf("%q: %+v, want it refused for its scheme", raw, got)
		}
	}
}
