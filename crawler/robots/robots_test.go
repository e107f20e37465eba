package robots

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"sonde"
)

// ask parses a file and decides one path of it for "Sonde".
func ask(file, path string) Decision {
	return Parse([]byte(file)).For("Sonde").Decide("https://example.org" + path)
}

func TestDecide(t *testing.T) {
	const all = "User-agent: *\n"
	tests := []struct {
		name, file, path string
		allowed          bool
		line             int
	}{
		{"no file", "", "/x", true, 0},
		{"no path", all + "Disallow: /\n", "", false, 2},
		{"a query without a path", all + "Disallow: /?x\n", "?x=1", false, 2},
		{"a fragment is no part", all + "Disallow: /a$\n", "/a#b", false, 2},
		{"an empty rule says nothing", all + "Disallow:\n", "/x", true, 0},
		{"most octets win", all + "Disallow: /a/b\nAllow: /a\n", "/a/b", false, 2},
		{"most octets win, the other way", all + "Allow: /a/b\nDisallow: /a\n", "/a/b/c", true, 2},
		{"allow wins ties", all + "Disallow: /page\nAllow: /page\n", "/page", true, 3},
		{"a wildcard counts as an octet", all + "Allow: /page\nDisallow: /*.htm\n", "/page.htm", false, 3},
		{"ties with wildcards", all + "Allow: /page\nDisallow: /*.ph\n", "/page.php5", true, 2},
		{"paths have case", all + "Disallow: /A\n", "/a", true, 0},
		{"the query is matched", all + "Disallow: /*?sort=\n", "/list?sort=up", false, 2},
		{"end of path", all + "Disallow: /a$\n", "/ab", true, 0},
		{"end of path, met", all + "Disallow: /a$\n", "/a", false, 2},
		{"end after wildcard", all + "Disallow: /*.php$\n", "/x.php.php", false, 2},
		{"end after wildcard, not met", all + "Disallow: /*.php$\n", "/x.php?y", true, 0},
		{"parts may not overlap", all + "Disallow: /*ab*ba$\n", "/aba", true, 0},
		{"parts side by side", all + "Disallow: /*ab*ba$\n", "/abba", false, 2},
		{"star before the end mark", all + "Disallow: /a*$\n", "/abc", false, 2},
		{"a dollar within", all + "Disallow: /a$b\n", "/a$b/c", false, 2},
		{"a rule for what begins with anything", all + "Disallow: *.pdf\n", "/x/y.pdf", false, 2},
		{"a rule without a slash matches nothing", all + "Disallow: secret\n", "/secret", true, 0},
		{"a comment ends the pattern", all + "Disallow: /a#b\n", "/axe", false, 2},
		{"no line end at the end", all + "Disallow: /a", "/a", false, 2},
		{"white space around", "  User-agent :\t*  \n\tDisallow  :  /a \n", "/ax", false, 2},
		{"robots.txt like any page", all + "Disallow: /robots.txt\n", "/robots.txt", false, 2},
		{"index page stands for its folder", all + "Disallow: /\nAllow: /a/index.html\n", "/a/", true, 3},
		{"but not for what is in it", all + "Disallow: /\nAllow: /a/index.html\n", "/a/b", false, 2},
		{"nor where it is forbidden", all + "Disallow: /a/index.html\n", "/a/", true, 0},

		// RFC 9309, section 2.2.2 and 2.2.3: what is equal before it is compared.
		{"raw octets and escapes", all + "Disallow: /ツ\n", "/%E3%83%84", false, 2},
		{"lower-case escapes in the rule", all + "Disallow: /%e3%83%84\n", "/%E3%83%84", false, 2},
		{"lower-case escapes in the URL", all + "Disallow: /%E3%83%84\n", "/%e3%83%84", false, 2},
		{"raw octets in the URL", all + "Disallow: /%E3%83%84\n", "/ツ", false, 2},
		{"escaped letters in the rule", all + "Disallow: /%62%61%7A\n", "/baz", false, 2},
		{"escaped letters in the URL", all + "Disallow: /baz\n", "/%62a%7a", false, 2},
		{"tilde", all + "Disallow: /%7Ejoe/\n", "/~joe/x", false, 2},
		{"reserved stays escaped", all + "Disallow: /a%2Fb\n", "/a/b", true, 0},
		{"reserved stays escaped, met", all + "Disallow: /a%2fb\n", "/a%2Fb", false, 2},
		{"escaped star is a star", all + "Disallow: /file-with-a-%2A.html\n", "/file-with-a-*.html", false, 2},
		{"escaped star is no wildcard", all + "Disallow: /file-with-a-%2A.html\n", "/file-with-a-b.html", true, 0},
		{"escaped star, allowed", all + "Disallow: /\nAllow: /a-%2a.html\n", "/a-*.html", true, 3},
		{"escaped dollar is a dollar", all + "Disallow: /foo-%24\n", "/foo-$", false, 2},
		{"escaped dollar is no end", all + "Disallow: /foo%24\n", "/foo", true, 0},
		{"one lower-case digit", all + "Disallow: /%E3%8F\n", "/%E3%8f", false, 2},
		{"what no URI may hold", all + "Disallow: /{a}\n", "/%7Ba%7D", false, 2},
		{"octets count as they are compared", all + "Disallow: /\u30C4\nAllow: /*****\n", "/%E3%83%84", false, 2},
		{"a raw space", all + "Disallow: /a b\n", "/a%20b", false, 2},
		{"a Latin-1 octet", all + "Disallow: /caf\xe9\n", "/caf%E9", false, 2},
		{"no escape at all", all + "Disallow: /100%\n", "/100%", false, 2},
		{"where readings differ, allow is literal", all + "Disallow: /\nAllow: /%62\n", "/b", false, 2},

		// Groups.
		{"our group, not everyone's", all + "Disallow: /\nUser-agent: sonde\nDisallow: /x\n", "/y", true, 0},
		{"our empty group", all + "Disallow: /\nUser-agent: sonde\n", "/y", true, 0},
		{"groups of one name merge", "User-agent: sonde\nDisallow: /a\n\nUser-agent: b\nDisallow: /b\n\nUser-agent: SONDE\nDisallow: /c\n", "/c", false, 8},
		{"several agents, one group", "User-agent: a\nUser-agent: sonde\nUser-agent: b\nDisallow: /\n", "/", false, 4},
		{"several agents, a later group", "User-agent: a\nDisallow: /x\nUser-agent: sonde\nUser-agent: b\nDisallow: /\n", "/", false, 5},
		{"an agent between rules begins a group", "User-agent: sonde\nAllow: /\nUser-agent: b\nDisallow: /\n", "/", true, 2},
		{"an empty rule ends the agents", "User-agent: sonde\nDisallow:\nUser-agent: b\nDisallow: /\n", "/", true, 0},
		{"a sitemap does not", "User-agent: sonde\nSitemap: /s.xml\nUser-agent: b\nDisallow: /\n", "/", false, 4},
		{"nor does a delay", "User-agent: sonde\nCrawl-delay: 1\nUser-agent: b\nDisallow: /\n", "/", false, 4},
		{"rules before any group", "Disallow: /\nUser-agent: *\nDisallow: /a\n", "/b", true, 0},
		{"an agent with a version", "User-agent: Sonde/1.0\nDisallow: /\n", "/", false, 2},
		{"an agent of two words", "User-agent: Sonde Bot\nDisallow: /\n", "/", false, 2},
		{"a longer name is another", "User-agent: Sondebot\nDisallow: /\n", "/", true, 0},
		{"an agent without a name is nobody", all + "Disallow: /a\nUser-agent: 42\nDisallow: /\n", "/b", true, 0},
		{"a star with a word", "User-agent: * all\nDisallow: /\n", "/", false, 2},

		// Lines as people write them.
		{"no colon", "user-agent sonde\ndisallow /\n", "/", false, 2},
		{"no colon, and a colon in the path", all + "disallow /a:b\n", "/a:b", false, 2},
		{"prose is no rule", all + "disallow / for all\n", "/", true, 0},
		{"one letter twice", all + "Dissallow: /\n", "/", false, 2},
		{"letters swapped", all + "Diasllow: /\n", "/", false, 2},
		{"one letter wrong", all + "Disallaw: /\n", "/", false, 2},
		{"one letter moved", all + "Dissalow: /\n", "/", false, 2},
		{"two letters wrong", all + "Disallxy: /\n", "/", true, 0},
		{"useragent", "Useragent: sonde\nDisallow: /\n", "/", false, 2},
		{"user agent", "User agent: sonde\nDisallow: /\n", "/", false, 2},
		{"a misspelt allow is not guessed at", all + "Disallow: /\nAllov: /a\n", "/a", false, 2},
		{"an unknown line", all + "Denied: /\n", "/", true, 0},

		// Bytes (H10).
		{"CR only", "User-agent: *\rDisallow: /a\r", "/a", false, 2},
		{"CRLF", "User-agent: *\r\n\r\nDisallow: /a\r\n", "/a", false, 3},
		{"UTF-8 BOM", "\xEF\xBB\xBFUser-agent: *\nDisallow: /a\n", "/a", false, 2},
		{"half a UTF-8 BOM", "\xEF\xBBUser-agent: *\nDisallow: /a\n", "/a", false, 2},
		{"UTF-16LE", inUTF16("\xFF\xFE", 0, all+"Disallow: /é\n"), "/%C3%A9", false, 2},
		{"UTF-16BE", inUTF16("\xFE\xFF", 1, all+"Disallow: /é\n"), "/%C3%A9", false, 2},
		{"UTF-16 without its mark", inUTF16("", 0, all+"Disallow: /a\n"), "/a", false, 2},
		{"NUL", "User-agent: *\nDis\x00allow: /a\n", "/a", false, 2},
		{"a line of 16 KB", all + "Disallow: /" + strings.Repeat("a", 16_000) + "\n", "/" + strings.Repeat("a", 16_000), false, 2},
		{"a comment of 100 KB", all + "#" + strings.Repeat("a", 100_000) + "\nDisallow: /a\n", "/a", false, 3},
		{"what is beyond a line's limit is cut", all + "Disallow: /" + strings.Repeat("a", 17_000) + "x\n", "/" + strings.Repeat("a", 17_000), false, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ask(test.file, test.path)
			if got.Allowed != test.allowed || got.Line != test.line {
				t.Errorf("%.100q: got %v by line %d, want %v by line %d", test.path, got.Allowed, got.Line, test.allowed, test.line)
			}
		})
	}
}

// inUTF16 writes text in UTF-16 behind mark; first is the index of the octet that
// comes first: 0 for little endian, 1 for big endian.
func inUTF16(mark string, first int, text string) string {
	out := []byte(mark)
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{byte(unit), byte(unit >> 8)}
		out = append(out, pair[first], pair[1-first])
	}
	return string(out)
}

func TestDecisionCarriesItsLine(t *testing.T) {
	file := "# ours\r\nUser-agent: *\r\n  Disallow : /private  # not yours\r\n"
	want := Decision{Line: 3, Rule: "Disallow : /private"}
	if got := ask(file, "/private/x"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := ask(file, "/public"); got != (Decision{Allowed: true}) {
		t.Errorf("no rule decides, got %+v", got)
	}
	if got := ask("User-agent: *\nDisallow: /\x1b[2J\xff\n", "/%1B[2J%FFx").Rule; got != "Disallow: / [2J\uFFFD" {
		t.Errorf("the line is shown to people, got %q", got)
	}
}

func TestForNames(t *testing.T) {
	f := Parse([]byte("User-agent: AB42bot\nUser-agent: fish-er_x*\nDisallow: /\n"))
	for token, allowed := range map[string]bool{
		"AB": false, "ab": false, "AB42bot": true, "Fish-Er_X": false, "fish": true, "": true, "*": true,
	} {
		if got := f.For(token).Decide("https://example.org/"); got.Allowed != allowed {
			t.Errorf("For(%q): allowed = %v, want %v", token, got.Allowed, allowed)
		}
	}
}

// H09: what is read of a long file ends between 500 KiB and 600 KB, at a line.
func TestLongFile(t *testing.T) {
	body := []byte("User-agent: *\n")
	pad := func(to int) {
		for len(body) < to {
			body = append(body, "# "+strings.Repeat("-", 61)+"\n"...)
		}
	}
	pad(499 << 10)
	body = append(body, "Disallow: /early\n"...)
	pad(maxBytes - 15)
	body = append(body[:maxBytes-15], "\nDisallow: /half-of-a-rule\n"...)
	pad(600_000)
	body = append(body, "Disallow: /late\n"...)
	body = append(body, make([]byte, 1<<20)...)

	f := Parse(body)
	rules := f.For("Sonde")
	for path, allowed := range map[string]bool{"/early": false, "/late": true, "/": true, "/half-of-a-rule": true, "/ha": true} {
		if got := rules.Decide("https://example.org" + path); got.Allowed != allowed {
			t.Errorf("%s: allowed = %v, want %v", path, got.Allowed, allowed)
		}
	}
	if p := f.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "512 KiB") {
		t.Errorf("problems = %v, want one that names the limit", p)
	}
}

func TestCrawlDelay(t *testing.T) {
	tests := []struct {
		name, file string
		want       time.Duration
	}{
		{"none", "User-agent: *\nDisallow: /\n", 0},
		{"seconds", "User-agent: *\nCrawl-delay: 10\n", 10 * time.Second},
		{"a fraction", "User-agent: *\nCrawl-delay: 0.25 # polite\n", 250 * time.Millisecond},
		{"a bare fraction", "User-agent: *\nCrawl-delay: .5\n", 500 * time.Millisecond},
		{"as Google would not write it", "User-agent: *\ncrawl delay 2\nCrawldelay: 3\n", 3 * time.Second},
		{"huge", "User-agent: *\nCrawl-delay: 99999999999999999999\n", 24 * time.Hour},
		{"beyond any number", "User-agent: *\nCrawl-delay: " + strings.Repeat("9", 400) + "\n", 24 * time.Hour},
		{"more than a day", "User-agent: *\nCrawl-delay: 100000\n", 24 * time.Hour},
		{"a day", "User-agent: *\nCrawl-delay: 86400\n", 24 * time.Hour},
		{"3500", "User-agent: *\nCrawl-delay: 3500\n", 3500 * time.Second},
		{"a word", "User-agent: *\nCrawl-delay: slow\n", 0},
		{"negative", "User-agent: *\nCrawl-delay: -5\n", 0},
		{"infinite", "User-agent: *\nCrawl-delay: inf\n", 0},
		{"not a number", "User-agent: *\nCrawl-delay: NaN\n", 0},
		{"exponent", "User-agent: *\nCrawl-delay: 1e9\n", 0},
		{"two points", "User-agent: *\nCrawl-delay: 1.2.3\n", 0},
		{"a point", "User-agent: *\nCrawl-delay: .\n", 0},
		{"empty", "User-agent: *\nCrawl-delay:\n", 0},
		{"before any group", "Crawl-delay: 5\nUser-agent: *\nDisallow:\n", 0},
		{"the longest of several", "User-agent: *\nCrawl-delay: 1\nDisallow:\nUser-agent: *\nCrawl-delay: 7\nCrawl-delay: 2\n", 7 * time.Second},
		{"another's", "User-agent: other\nCrawl-delay: 30\n\nUser-agent: *\nDisallow: /x\n", 0},
		{"of all named before it", "User-agent: other\nUser-agent: sonde\nCrawl-delay: 30\n", 30 * time.Second},
		{"everyone's is not ours when we are named", "User-agent: *\nCrawl-delay: 30\nDisallow:\nUser-agent: sonde\nDisallow: /x\n", 0},
	}
	for _, test := range tests {
		if got := Parse([]byte(test.file)).For("Sonde").CrawlDelay(); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// I08: thousands of Sitemap lines, relative ones too.
func TestSitemaps(t *testing.T) {
	var file strings.Builder
	file.WriteString("Sitemap: /relative.xml\nsite-map:https://example.org/a b.xml\nSitemap:\nSITEMAP: /relative.xml\nsitemap https://example.org/c.xml\n")
	for i := range 10_000 {
		fmt.Fprintf(&file, "Sitemap: https://example.org/%d.xml\n", i)
	}
	got := Parse([]byte(file.String())).Sitemaps()
	if len(got) != 100 {
		t.Fatalf("got %d sitemaps, want 100", len(got))
	}
	for i, want := range []string{"/relative.xml", "https://example.org/a b.xml", "https://example.org/c.xml", "https://example.org/0.xml"} {
		if got[i] != want {
			t.Errorf("sitemap %d = %q, want %q", i, got[i], want)
		}
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name, file string
		line       int
		text       string // a part of it
	}{
		{"a page", "\n <!DOCTYPE html><title>Home</title>", 1, "HTML"},
		{"a rule before any group", "\nDisallow: /x\n", 2, "before the first User-agent"},
		{"a delay before any group", "Crawl-delay: 1\n", 1, "before the first User-agent"},
		{"a misspelt rule", "User-agent: *\nDissallow: /\n", 2, "read as disallow"},
		{"a misspelt allow", "User-agent: *\nAllov: /\n", 2, "misspelt allow"},
		{"no colon", "User-agent: *\nDisallow /\n", 2, "no colon"},
		{"a path without a slash", "User-agent: *\nDisallow: x\n", 2, "matches nothing"},
		{"a URL for a path", "User-agent: *\nDisallow: https://example.org/x\n", 2, "matches nothing"},
		{"a nameless agent", "User-agent: 42\n", 1, "names nobody"},
		{"an agent with a version", "User-agent: bot/2\n", 1, `"bot"`},
		{"a delay that is none", "User-agent: *\nCrawl-delay: 1s\n", 2, "number of seconds"},
		{"a sitemap that is none", "Sitemap:\n", 1, "names none"},
		{"not UTF-8", "# a\n\nUser-agent: *\nDisallow: /\xe9\nDisallow: /\xe8\n", 4, "UTF-8"},
		{"a long line", "User-agent: *\nDisallow: /" + strings.Repeat("x", 17_000) + "\n", 2, "longer than"},
	}
	for _, test := range tests {
		got := Parse([]byte(test.file)).Problems()
		if len(got) != 1 || got[0].Line != test.line || !strings.Contains(got[0].Text, test.text) {
			t.Errorf("%s: got %+v, want one in line %d with %q", test.name, got, test.line, test.text)
		}
	}
}

func TestNoProblems(t *testing.T) {
	const file = "# robots\nUser-agent: *\nUser-agent: Some_bot-x\nDisallow: /a\nDisallow:\nAllow: /*.css$\nCrawl-delay: 1.5\n" +
		"Host: example.org\nClean-param: ref /x\nRequest-rate: 1/5\nNoindex: /b\nContent-Signal: search=yes\n\nSitemap: https://example.org/s.xml\n"
	if got := Parse([]byte(file)).Problems(); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestProblemsAreBoundedAndPrintable(t *testing.T) {
	got := Parse([]byte(strings.Repeat("Disallow: /\x1b[31m\xff"+strings.Repeat("x", 500)+"\n", 500))).Problems()
	if len(got) != 100 {
		t.Errorf("got %d problems, want 100", len(got))
	}
	for _, p := range got {
		if len(p.Text) > 300 || strings.Contains(p.Text, "\x1b") || !utf8.ValidString(p.Text) {
			t.Fatalf("got %q", p.Text)
		}
	}
}

func TestFromAnswer(t *testing.T) {
	forbidding := []byte("User-agent: *\nDisallow: /x\n")
	tests := []struct {
		name    string
		answer  sonde.RobotsFile
		x, root bool
		reason  sonde.Reason
	}{
		{"200", sonde.RobotsFile{Status: 200, Body: forbidding}, false, true, ""},
		{"206", sonde.RobotsFile{Status: 206, Body: forbidding}, false, true, ""},
		{"304 with what was kept", sonde.RobotsFile{Status: 304, Body: forbidding}, false, true, ""},
		{"200, empty", sonde.RobotsFile{Status: 200}, true, true, ""},
		{"200, cut within a rule", sonde.RobotsFile{Status: 200, Body: []byte("User-agent: *\nDisallow: /x\nDisallow: /"), Truncated: true}, false, true, ""},
		{"301 without an end", sonde.RobotsFile{Status: 301, Failure: sonde.RedirectLimit}, true, true, ""},
		{"a redirect loop", sonde.RobotsFile{Status: 302, Failure: sonde.RedirectLoop}, true, true, ""},
		{"a redirect to file: (H08)", sonde.RobotsFile{Status: 302, Failure: sonde.BadLocation}, false, false, sonde.RobotsUnreachable},
		{"302, the last hop", sonde.RobotsFile{Status: 302}, true, true, ""},
		{"500", sonde.RobotsFile{Status: 500, Body: forbidding}, false, false, sonde.RobotsUnreachable},
		{"503", sonde.RobotsFile{Status: 503}, false, false, sonde.RobotsUnreachable},
		{"600", sonde.RobotsFile{Status: 600}, false, false, sonde.RobotsUnreachable},
		{"no name", sonde.RobotsFile{Failure: sonde.NXDomain}, false, false, sonde.RobotsUnreachable},
		{"a timeout", sonde.RobotsFile{Failure: sonde.HeaderTimeout}, false, false, sonde.RobotsUnreachable},
		{"a body that broke off", sonde.RobotsFile{Status: 200, Body: forbidding, Failure: sonde.ShortBody}, false, false, sonde.RobotsUnreachable},
		{"a forbidden address (H08)", sonde.RobotsFile{Status: 302, Failure: sonde.Forbidden}, false, false, sonde.RobotsUnreachable},
		{"nothing known", sonde.RobotsFile{}, false, false, sonde.RobotsUnreachable},
	}
	for _, status := range []int{400, 401, 403, 404, 410, 418, 451} { // H04
		tests = append(tests, tests[0])
		last := &tests[len(tests)-1]
		last.name, last.answer.Status, last.x = fmt.Sprint(status), status, true
	}
	for _, test := range tests {
		rules, reason := FromAnswer(test.answer, "Sonde")
		x, root := rules.Decide("https://example.org/x"), rules.Decide("https://example.org/")
		if x.Allowed != test.x || root.Allowed != test.root || reason != test.reason {
			t.Errorf("%s: /x %v, / %v, reason %q; want %v, %v, %q", test.name, x.Allowed, root.Allowed, reason, test.x, test.root, test.reason)
		}
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	rules := Parse([]byte("User-agent: *\nDisallow: /a\nAllow: /*.css$\nDisallow: /*?q=\n")).For("Sonde")
	for _, url := range []string{"https://example.org/a/b.css?q=1", "https://example.org/%C3%A9/x", "https://example.org"} {
		if n := testing.AllocsPerRun(100, func() { rules.Decide(url) }); n != 0 {
			t.Errorf("Decide(%q) allocates %v times", url, n)
		}
	}
}

func TestAllOrNothing(t *testing.T) {
	if got := AllowAll().Decide("https://example.org/x"); got != (Decision{Allowed: true}) {
		t.Errorf("AllowAll: %+v", got)
	}
	if got := DisallowAll().Decide("https://example.org/x"); got != (Decision{}) {
		t.Errorf("DisallowAll: %+v", got)
	}
}

func TestProductToken(t *testing.T) {
	for userAgent, want := range map[string]string{
		"Sonde/1.0 (+https://example.org; a@example.org)": "Sonde",
		"Sonde":       "Sonde",
		" So-n_de 1 ": "So-n_de",
		"Sonde2/1.0":  "Sonde",
		"42":          "",
		"":            "",
	} {
		if got := ProductToken(userAgent); got != want {
			t.Errorf("ProductToken(%q) = %q, want %q", userAgent, got, want)
		}
	}
}

func TestBlocksAll(t *testing.T) {
	for file, want := range map[string]bool{
		"User-agent: *\nDisallow: /\n":                                               true,
		"User-agent: *\nDisallow: /*\n":                                              true,
		"User-agent: *\nDisallow: *\n":                                               true,
		"User-agent: *\nDisallow:\n":                                                 false,
		"User-agent: *\nDisallow: /private\n":                                        false,
		"User-agent: *\nDisallow: /\nAllow: /open\n":                                 false,
		"User-agent: somebot\nDisallow: /\n":                                         false,
		"User-agent: *\nDisallow: /a\n\nUser-agent: a\nUser-agent: *\nDisallow: /\n": true,
		"": false,
	} {
		if got := Parse([]byte(file)).BlocksAll(); got != want {
			t.Errorf("%q: %v, want %v", file, got, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	f := sonde.RobotsFile{Status: 200, Body: []byte("Disallow: /early\nUser-agent: sonde\nCrawl-delay: 2\nDisallow: /a\nSitemap: /s.xml\n")}
	Describe(&f, "sonde")
	if len(f.Faults) != 1 || f.Faults[0].Line != 1 || f.BlocksAll || f.CrawlDelay != 2*time.Second || len(f.Sitemaps) != 1 || f.Sitemaps[0] != "/s.xml" {
		t.Errorf("%+v", f)
	}
	page := sonde.RobotsFile{Status: 404, Body: []byte("<html>not found")}
	Describe(&page, "sonde")
	if len(page.Faults) != 0 {
		t.Errorf("an answer that is no file has faults: %+v", page.Faults)
	}
}
