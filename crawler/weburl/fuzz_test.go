package weburl

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"sonde"
)

// seeds are references that have something to them, for both fuzz targets.
var seeds = []string{
	"", "#a b", "?", "??a", "x", "../../x", "./a:b", "a/../b", "/%41%2f%zz", "//h./x", `\\h\x`, "https:x", "HTTP://U:P@H:0080/..?&&utm_id=1&a#f",
	"http://0x7f.1/", "http://[::ffff:1.2.3.4]:8080/", "http://bücher.example/ü?ü#ü", "http://h/..;jsessionid=1;jsessionid=2/x", "http://h/%%34%31",
	"mailto:a@b", "java\nscript:x", " \x00x\t", "http://h../", "http://a.+1/", "/a//b/./c/..", "?a&sid=1&b", "http://xn--/", "/.%2e/%2e", "\xff\xed\xa0\x80",
}

func FuzzCanonical(f *testing.F) {
	for _, raw := range seeds {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		checkResolved(t, canonicalizer.Canonical(raw))
		typed, err := Typed(raw)
		if err != nil {
			return
		}
		if again, err := Parse(typed, ""); again != typed || err != nil {
			t.Errorf("Typed(%q) = %q, which the parser makes %q, %v", raw, typed, again, err)
		}
	})
}

func FuzzResolve(f *testing.F) {
	for _, ref := range seeds {
		f.Add("https://example.org:8443/docs/guide/start.html?v=2", ref)
		f.Add(ref, "x/y?z#f")
	}
	f.Fuzz(func(t *testing.T, base, ref string) {
		agreeWithLibrary(t, base, ref)
		b, err := canonicalizer.Base(base)
		if err != nil {
			b = mustBase(t, "https://example.org:8443/docs/guide/start.html?v=2")
		}
		got := canonicalizer.Resolve(b, ref)
		if slow := canonicalizer.resolve(b, ref); got != slow {
			t.Errorf("Resolve(%q, %q): the shortcut says %+v, the parser %+v", base, ref, got, slow)
		}
		checkResolved(t, got)
	})
}

// checkResolved checks what holds for every answer.
func checkResolved(t *testing.T, r Resolved) {
	t.Helper()
	if r.Reason != "" {
		if r.Host != "" || r.Original != "" || r.Fragment != "" || !utf8.ValidString(r.URL) || utf8.RuneCountInString(r.URL) > sonde.MaxURLLength {
			t.Errorf("refused with %+v", r)
		}
		return
	}
	if want := (Resolved{URL: r.URL, Host: r.Host}); canonicalizer.Canonical(r.URL) != want {
		t.Errorf("%q becomes %+v", r.URL, canonicalizer.Canonical(r.URL))
	}
	if href, err := Parse(r.URL, ""); href != r.URL || err != nil {
		t.Errorf("%q is %q to the standard (%v)", r.URL, href, err)
	}
	if len(r.Original) < sonde.MaxURLLength {
		if of := canonicalizer.Canonical(r.Original); r.Original != "" && (of.URL != r.URL || of.Original != r.Original) {
			t.Errorf("the original %q of %q becomes %+v", r.Original, r.URL, of)
		}
	}
	if p := Split(r.URL); p.Host != r.Host || !strings.HasPrefix(p.Path, "/") || Origin(r.URL) != strings.TrimSuffix(p.Scheme+"://"+p.Host+":"+p.Port, ":") {
		t.Errorf("%q is split into %+v, its host is %q", r.URL, p, r.Host)
	}
	if shape := Shape(r.URL); !strings.HasPrefix(shape, Origin(r.URL)+"/") {
		t.Errorf("%q has the shape %q", r.URL, shape)
	}
	Trap(r.URL)
	RegistrableDomain(r.Host)
}

// agreeWithLibrary compares the parser with an independent one. That replaces bytes
// that are not UTF-8, its work grows with the square of the length, and it does not
// count brackets.
func agreeWithLibrary(t *testing.T, base, ref string) {
	t.Helper()
	if both := strip(base) + strip(ref); !utf8.ValidString(both) || len(both) > 2000 || strings.Contains(both, "[[") || strings.Contains(both, "]]") {
		return
	}
	against, err := parseStandard(base, nil)
	if err != nil || hardForLibrary.MatchString(against.host) {
		return
	}
	u, err := parseStandard(ref, &against)
	if isOther(err) || hardForLibrary.MatchString(u.host) {
		return
	}
	want, wantErr := others.ParseRef(base, ref)
	if (err != nil) != (wantErr != nil) {
		t.Errorf("%q against %q: %q, %v; the library says %v", ref, base, u.href(), err, wantErr)
	} else if err == nil && u.href() != want.Href(false) {
		t.Errorf("%q against %q: %q; the library says %q", ref, base, u.href(), want.Href(false))
	}
}

// hardForLibrary matches the hosts that the library refuses and the standard does
// not: ASCII domains with invalid xn-- labels, and those whose last label it takes
// for a number, for a sign in it or because it begins with many digits.
var hardForLibrary = regexp.MustCompile(`xn--|(^|\.)((0x)?(-|[0-9a-f]{16})[^.]*|[^.]*\+[^.]*)\.?$`)
