package weburl

import (
	"strings"
	"testing"

	"sonde/internal/suite"
)

func TestParseSuite(t *testing.T) {
	var cases []struct {
		Input, Base, Href string
		Failure           bool
	}
	suite.Read(t, "url", &cases)
	if len(cases) < 300 {
		t.Fatalf("%d cases, want some 356", len(cases))
	}
	for _, c := range cases {
		got, err := Parse(c.Input, c.Base)
		if c.Failure != (err != nil) || got != c.Href {
			t.Errorf("Parse(%q, %q) = %q, %v; want %q, failure %v", c.Input, c.Base, got, err, c.Href, c.Failure)
		}
	}
}

func TestParse(t *testing.T) {
	const base = "http://user:pw@example.org:8080/a/b;c/d?q#f"
	tests := []struct{ raw, base, want string }{
		{"", base, "http://user:pw@example.org:8080/a/b;c/d?q"},
		{"#", base, "http://user:pw@example.org:8080/a/b;c/d?q#"},
		{"?", base, "http://user:pw@example.org:8080/a/b;c/d?"},
		{"x", base, "http://user:pw@example.org:8080/a/b;c/x"},
		{"..", base, "http://user:pw@example.org:8080/a/"},
		{"../../../..", base, "http://user:pw@example.org:8080/"},
		{"x/%2e%2E/./y/.%2e/", base, "http://user:pw@example.org:8080/a/b;c/"},
		{"...", base, "http://user:pw@example.org:8080/a/b;c/..."},
		{".//x//../", base, "http://user:pw@example.org:8080/a/b;c//x/"},
		{`\\h\x\..\y`, base, "http://h/y"},
		{`\x`, base, "http://user:pw@example.org:8080/x"},
		{"////h", base, "http://h/"},
		{"http:x", base, "http://user:pw@example.org:8080/a/b;c/x"},
		{"https:x", base, "https://x/"},
		{"HTTP:///x", base, "http://x/"},
		{"1:x", base, "http://user:pw@example.org:8080/a/b;c/1:x"},
		{" \x00 h\tt\ntp://X\r/ a \x1f", "", "http://x/%20a"},
		{"http://a@b:c@d@h", "", "http://a%40b:c%40d@h/"},
		{"http://:@h", "", "http://h/"},
		{"http://:p@h", "", "http://:p@h/"},
		{"http://h:0080", "", "http://h/"},
		{"http://h:", "", "http://h/"},
		{"https://h:80", "", "https://h:80/"},
		{"http://h:65535", "", "http://h:65535/"},
		{"http://h:65536", "", ""},
		{"http://h:8a", "", ""},
		{"http://h:8:8", "", ""},
		{"http://:80", "", ""},
		{"http://@", "", ""},
		{"http://", "", ""},
		{"http://a b", "", ""},
		{"http://a%20b", "", ""},
		{"http://a%zzb", "", ""},
		{"http://a%2Fb", "", ""},
		{"http://%65x%41mple.org", "", "http://example.org/"},
		{"http://\xff.org", "", ""},
		{"http://XN--zZ.org", "", "http://xn--zz.org/"},
		{"http://xn--zz.ß.org", "", ""},
		{"http://Faß.org", "", "http://xn--fa-hia.org/"},
		{"http://a_b.ü.org", "", "http://a_b.xn--tda.org/"},
		{"http://a..b.", "", "http://a..b./"},
		{"http://0x7F.1", "", "http://127.0.0.1/"},
		{"http://0x.0X", "", "http://0.0.0.0/"},
		{"http://0177.0.0.01.", "", "http://127.0.0.1/"},
		{"http://2130706433", "", "http://127.0.0.1/"},
		{"http://4294967295", "", "http://255.255.255.255/"},
		{"http://4294967296", "", ""},
		{"http://1.16777215", "", "http://1.255.255.255/"},
		{"http://1.16777216", "", ""},
		{"http://256.1.1.1", "", ""},
		{"http://1.2.3.4.5", "", ""},
		{"http://1.2.3.08", "", ""},
		{"http://1..2", "", ""},
		{"http://a.1", "", ""},
		{"http://a.0xf", "", ""},
		{"http://a.0xg", "", "http://a.0xg/"},
		{"http://a.+1", "", "http://a.+1/"},
		{"http://1.2.3.-4", "", "http://1.2.3.-4/"},
		{"http://0x99999999999999999999", "", ""},
		{"http://[::1]:80", "", "http://[::1]/"},
		{"http://[1:0:0:2::0:0]", "", "http://[1:0:0:2::]/"},
		{"http://[0:0:1:0:0:0:1:1]", "", "http://[0:0:1::1:1]/"},
		{"http://[::FFFF:127.0.0.1]", "", "http://[::ffff:7f00:1]/"},
		{"http://[::127.0.0.1]", "", "http://[::7f00:1]/"},
		{"http://[[::1]]", "", ""},
		{"http://[::1%25eth0]", "", ""},
		{"http://[::1%eth0]", "", ""},
		{"http://[1.2.3.4]", "", ""},
		{"http://[::1", "", ""},
		{"http://[::1]x", "", ""},
		{"http://[::1]:x", "", ""},
		{"http://h/^[]{}|`\"<>'\\", "", "http://h/%5E[]%7B%7D|%60%22%3C%3E'/"},
		{"http://h/?^[]{}|`\"<>'\\", "", "http://h/?^[]{}|`%22%3C%3E%27\\"},
		{"http://h/#^[]{}|`\"<>'\\#?", "", "http://h/#^[]{}|%60%22%3C%3E'\\#?"},
		{"http://h/%zz%4?%", "", "http://h/%zz%4?%"},
		{"http://h/\x00\x7fü\u2028", "", "http://h/%00%7F%C3%BC%E2%80%A8"},
		{"http://h/caf\xe9?\xe9#\xe9", "", "http://h/caf%E9?%E9#%E9"},
		{"x", "", ""},
		{"x", "mailto:y", ""},
		{"#x", "mailto:y", "mailto:y#x"},
		{"mailto:y", base, "mailto:y"},
		{"file:x", "file:///a/b", "file:///a/x"},
		{"http://h/x", "data:,", "http://h/x"},
		{"http://h/x", "no base", ""},
		{"http://h/x", "http://", ""},
		{"http://h/x", "ftp://a b", ""},
		{"a:b ?c", "", "a:b%20?c"},
	}
	for _, c := range tests {
		got, err := Parse(c.raw, c.base)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("Parse(%q, %q) = %q, %v; want %q", c.raw, c.base, got, err, c.want)
		}
	}
}

// Texts on which a parser that is careless about its work takes minutes.
func TestParseIsLinear(t *testing.T) {
	const size = 1 << 20
	for _, text := range []string{
		"http://h/" + strings.Repeat("/", size),
		"http://h/" + strings.Repeat("../", size/3),
		"http://h/" + strings.Repeat("a/../", size/5),
		"http://h/" + strings.Repeat(";jsessionid=", size/12),
		"http://h/" + strings.Repeat("%", size),
		"http://h/?" + strings.Repeat("&", size),
		"http://" + strings.Repeat("@", size) + "h",
		"http://" + strings.Repeat(".", size),
		"http://" + strings.Repeat("1.", size/2),
		"http://" + strings.Repeat("%41", size/3),
		"http://" + distinctRunes(size/3),
		"http://[" + strings.Repeat(":", size) + "]",
		strings.Repeat("a", size) + ":",
		strings.Repeat("\n", size),
	} {
		NewCanonicalizer(nil).Canonical(text)
	}
}

// distinctRunes is n characters, as many different ones as there are.
func distinctRunes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4E00 + i%20_000))
	}
	return b.String()
}
