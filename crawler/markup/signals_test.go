package markup

import (
	"testing"
)

func TestMixedContentIsCountedWhereThePageIsEncrypted(t *testing.T) {
	const page = `<link rel=stylesheet href=http://a.test/s.css><link rel=icon href=http://a.test/i.ico>
		<script src=http://a.test/s.js></script><script src=//a.test/s.js></script>
		<iframe src=http://a.test/></iframe><img src=http://a.test/i.png srcset="http://a.test/j.png 2x">
		<video src=http://a.test/v.mp4></video><a href=http://a.test/>x</a><img src=https://a.test/k.png>`
	secure, _ := read(page)
	if secure.MixedActive != 3 || secure.MixedPassive != 4 {
		t.Errorf("over https: %d active, %d passive, want 3, 4", secure.MixedActive, secure.MixedPassive)
	}
	plain, _ := newReader().Read(Input{Body: []byte(page), URL: "http://example.org/"})
	if plain.MixedActive != 0 || plain.MixedPassive != 0 {
		t.Errorf("over http: %d active, %d passive, want none", plain.MixedActive, plain.MixedPassive)
	}
}

func TestPasswordsAreCounted(t *testing.T) {
	page, _ := read(`<form action=/in><input type=PASSWORD><input type=password></form><input type=password><input>`)
	if page.Passwords != 3 || page.InsecureForms != 0 {
		t.Errorf("%d passwords, %d insecure forms, want 3, 0", page.Passwords, page.InsecureForms)
	}
}

func TestDuplicateIDs(t *testing.T) {
	for page, want := range map[string]int{
		`<p id=a><p id=b>`:                      0,
		`<p id=a><p id=A>`:                      0, // ids are compared as they stand
		`<p id=a><b id=a></b><i id=a></i>`:      2,
		`<a name=a id=a></a><a name=a></a>`:     0, // names are no ids
		`<p id=a><template><p id=a></template>`: 0,
		`<p id=""><p id="">`:                    0,
	} {
		if got, _ := read(page); got.DuplicateIDs != want {
			t.Errorf("%s: %d, want %d", page, got.DuplicateIDs, want)
		}
	}
}

func TestReplacedCharactersAreCounted(t *testing.T) {
	for body, want := range map[string]int{
		"<p>plain":              0,
		"<p>\u00e4\ufffd":       1,
		"<p>\xff\xfe then \xff": 3, // cannot be decoded
		"<p>a\x00b":             1,
	} {
		text, _, _ := Decode([]byte(body), "text/html; charset=utf-8")
		if page, _ := newReader().Read(Input{Body: text, URL: pageURL}); page.Replaced != want {
			t.Errorf("%q: %d, want %d", body, page.Replaced, want)
		}
	}
}

func TestSeen(t *testing.T) {
	for body, want := range map[string]string{
		"":                        "ascii",
		"seven b":                 "ascii",
		"eight by":                "ascii",
		"beyond eight b\u00e4r":   "utf-8",
		"b\u00e4":                 "utf-8",
		"eight bytes and \xe4":    "other",
		"\xe4":                    "other",
		"\xff\xfe<\x00p\x00>\x00": "other",
	} {
		if got := Seen([]byte(body)); got != want {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
}

func TestContradiction(t *testing.T) {
	const (
		html = "<!DOCTYPE html><html><head>"
		png  = "\x89PNG\x0D\x0A\x1A\x0Arest"
	)
	for _, test := range []struct{ body, said, want string }{
		{html, "text/html", ""},
		{html, "application/xhtml+xml", ""},
		{html, "text/css", "text/html"},
		{html, "application/javascript", "text/html"},
		{html, "application/json", "text/html"},
		{html, "image/png", "text/html"},
		{html, "text/plain", ""},          // a text about HTML
		{html, "application/rss+xml", ""}, // XML that begins as HTML does
		{"<!-- hidden\nf()\n-->", "text/javascript", ""},
		{png, "text/html", "image/png"},
		{png, "image/png", ""},
		{png, "image/jpeg", ""}, // a picture it is
		{png, "application/pdf", ""},
		{"%PDF-1.7", "text/html", "application/pdf"},
		{"\x1F\x8B\x08rest", "text/html", "application/x-gzip"},
		{"just words", "text/html", ""},
		{"just words", "image/gif", "text/plain"},
		{`<?xml version="1.0"?><svg/>`, "image/svg+xml", ""},
		{`<?xml version="1.0"?><html/>`, "text/html", ""},
		{"", "image/png", ""},
		{html, "application/octet-stream", ""}, // it says nothing that could be contradicted
		{"\x00\x01\x02\x03", "text/css", ""},   // nothing can be told
	} {
		if got := Contradiction([]byte(test.body), test.said); got != test.want {
			t.Errorf("%q as %s: %q, want %q", test.body, test.said, got, test.want)
		}
	}
}

func TestFormsThatSendInClearAreNoMixedContent(t *testing.T) {
	page, _ := read(`<form action=http://a.test/in></form>`)
	if page.InsecureForms != 1 || page.MixedActive != 0 {
		t.Errorf("%d insecure forms, %d active mixed content, want 1, 0", page.InsecureForms, page.MixedActive)
	}
}
