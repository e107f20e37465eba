package robots

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /*a*b$\nCrawl-delay: 1.5\nSitemap: /s\n"))
	f.Add([]byte("\xFF\xFEU\x00s\x00e\x00r\x00"))
	f.Add([]byte("\xEF\xBB\rdisallow /\x00 %2\r\n\x80:"))
	f.Add([]byte("user agent sonde\nuser-agent: * \nallow: /index.htm\ncrawl-delay: 9e9"))
	f.Fuzz(func(t *testing.T, body []byte) {
		file := Parse(body)
		if len(file.Problems()) > maxProblems || len(file.Sitemaps()) > maxSitemaps {
			t.Errorf("%d problems, %d sitemaps", len(file.Problems()), len(file.Sitemaps()))
		}
		for _, p := range file.Problems() {
			if p.Line < 1 || p.Line > len(body)+1 || !utf8.ValidString(p.Text) || strings.ContainsAny(p.Text, "\x00\x1b\n") {
				t.Errorf("problem %+v", p)
			}
		}
		rules := file.For("Sonde")
		if d := rules.CrawlDelay(); d < 0 || d > maxDelay {
			t.Errorf("delay %v", d)
		}
		for _, l := range file.groups {
			for _, r := range l.rules {
				if d := rules.Decide("https://example.org" + r.value); !utf8.ValidString(d.Rule) || (d.Line == 0) != (d.Rule == "") {
					t.Errorf("%q decided by %+v", r.value, d)
				}
			}
		}
	})
}

// FuzzDecide compares the decision with one that tries every line and every way
// to match it.
func FuzzDecide(f *testing.F) {
	f.Add("/a*b*c$", "/", "/*", "/axbxc")
	f.Add("/%7e%62*", "/~b", "/%7E", "/%7eb*")
	f.Add("/a$b", "/*ab*ba$", "*a$", "/aba?a$b")
	f.Add("/é/index.html", "/%C3%A9/", "/", "/é/")
	f.Add("/ab", "/a", "/abc*", "/abd")
	f.Fuzz(func(t *testing.T, allow, disallow, another, path string) {
		file := "User-agent: *\nAllow: " + allow + "\nDisallow: " + disallow + "\nDisallow: " + another + "\nAllow: /x" + another + "\n"
		compareSlowly(t, file, "https://example.org/"+strings.TrimLeft(path, "/"))
	})
}

// TestDecideManyRules does the same for files with many rules that begin alike.
func TestDecideManyRules(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 309))
	pieces := []string{"/", "/", "a", "a", "b", "ab", "*", "$", "%61", "%2A", "é", "?", "/index.html"}
	path := func() string {
		out := "/"
		for range random.IntN(6) {
			out += pieces[random.IntN(len(pieces))]
		}
		return out
	}
	for range 500 {
		file := "User-agent: *\n"
		for range random.IntN(20) {
			file += []string{"Allow: ", "Disallow: "}[random.IntN(2)] + path() + "\n"
		}
		for range 5 {
			compareSlowly(t, file, "https://example.org"+path())
		}
	}
}

// compareSlowly decides in both ways. Among rules of the same strength any may be
// the one that is named.
func compareSlowly(t *testing.T, file, url string) {
	t.Helper()
	parsed := Parse([]byte(file))
	var lines []line
	for _, g := range parsed.groups {
		lines = append(lines, g.rules...)
	}
	if len(parsed.groups) != 1 || parsed.groups[0].agents[0] != "*" {
		t.Skip("the input begins a group of its own")
	}
	got := parsed.For("Sonde").Decide(url)
	allowed, by := slowly(lines, url)
	if got.Allowed != allowed || !slices.Contains(by, got.Line) {
		t.Fatalf("%q on\n%s\nallowed = %v by line %d, want %v by one of %v", url, file, got.Allowed, got.Line, allowed, by)
	}
}

// slowly decides as the RFC's text goes: every line in turn, octet by octet. It
// gives the lines that may have decided.
func slowly(lines []line, url string) (allowed bool, by []int) {
	path, _, _ := strings.Cut(strings.TrimPrefix(url, "https://example.org"), "#")
	most := map[bool]int{true: -1, false: -1}
	strongest := map[bool][]int{}
	for _, l := range lines {
		patterns := []string{l.value}
		if slash := strings.LastIndex(l.value, "/"); l.allow && slash >= 0 && strings.HasPrefix(l.value[slash:], "/index.htm") {
			patterns = append(patterns, l.value[:slash+1]+"$")
		}
		for _, p := range patterns {
			octets := len(slowForm(p, true, true))
			if octets < most[l.allow] || !matchesSlowly(slowForm(p, !l.allow, true), slowStars(slowForm(path, !l.allow, !l.allow))) {
				continue
			}
			if octets > most[l.allow] {
				most[l.allow], strongest[l.allow] = octets, nil
			}
			strongest[l.allow] = append(strongest[l.allow], l.number)
		}
	}
	allowed = most[true] >= most[false]
	if most[allowed] < 0 {
		return allowed, []int{0}
	}
	return allowed, strongest[allowed]
}

var (
	escapes     = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	letters     = regexp.MustCompile(`^[A-Za-z0-9._~-]$`)
	notURI      = regexp.MustCompile("[\\x00-\\x20\"<>\\\\^`{|}\\x7f]")
	hexadecimal = "0123456789ABCDEF"
)

// slowForm undoes escapes of unreserved octets (undo), escapes octets above ASCII
// (raw) and what no URI may hold, and writes all escapes in upper case.
func slowForm(s string, undo, raw bool) string {
	s = escapes.ReplaceAllStringFunc(s, func(e string) string {
		b := strings.Index(hexadecimal, strings.ToUpper(e[1:2]))*16 + strings.Index(hexadecimal, strings.ToUpper(e[2:3]))
		if undo && b < 0x80 && letters.MatchString(string(rune(b))) {
			return string(rune(b))
		}
		return strings.ToUpper(e)
	})
	var out strings.Builder
	for i := range len(s) {
		if b := s[i]; b >= 0x80 && raw || b < 0x80 && notURI.MatchString(string(rune(b))) {
			out.WriteString("%" + hexadecimal[b>>4:b>>4+1] + hexadecimal[b&15:b&15+1])
		} else {
			out.WriteByte(b)
		}
	}
	return out.String()
}

func slowStars(path string) string {
	return strings.NewReplacer("*", "%2A", "$", "%24").Replace(path)
}

// matchesSlowly fills the table of which beginnings of pattern match which
// beginnings of path.
func matchesSlowly(pattern, path string) bool {
	pattern, end := strings.CutSuffix(pattern, "$")
	if !end {
		pattern += "*"
	}
	pattern = strings.ReplaceAll(pattern, "$", "%24")
	row := make([]bool, len(path)+1)
	row[0] = true
	for i := range len(pattern) {
		next := make([]bool, len(path)+1)
		for j := range next {
			if pattern[i] == '*' {
				next[j] = row[j] || j > 0 && next[j-1]
			} else {
				next[j] = j > 0 && row[j-1] && path[j-1] == pattern[i]
			}
		}
		row = next
	}
	return row[len(path)]
}
