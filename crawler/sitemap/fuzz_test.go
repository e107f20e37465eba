package sitemap

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(urls(3)), "application/xml")
	f.Add([]byte(packed(urls(3))+packed("x")), "")
	f.Add([]byte(inUTF16("\xFF\xFE", 0, "<rss><item><guid>a://b</guid><item><link>c")), "text/xml; charset=x")
	f.Add([]byte("<!DOCTYPE a [<!b ]><a:feed><a:entry><a:link href='x' rel=alternate/></a:entry><![CDATA[ ]]>&#x41;"), "")
	f.Add([]byte("https://a\r\nb://\xff"), "text/plain; charset=koi8-r")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		before := strings.Clone(string(body))
		got := Parse(body, contentType)
		if string(body) != before {
			t.Fatal("Parse changed the body")
		}
		if again := Parse(body, contentType); !reflect.DeepEqual(got.Entries, again.Entries) {
			t.Error("the same body gave other entries")
		}
		if got.Kind == Unknown && (got.Err == nil || len(got.Entries)+len(got.Children) > 0) {
			t.Errorf("unknown kind, %d entries, %d children, %v", len(got.Entries), len(got.Children), got.Err)
		}
		for _, e := range got.Entries {
			check(t, e.Loc)
			if !utf8.ValidString(e.LastMod) || len(e.LastMod) > maxDate {
				t.Errorf("lastmod %q", e.LastMod)
			}
		}
		for _, child := range got.Children {
			check(t, child)
		}
	})
}

func check(t *testing.T, loc string) {
	t.Helper()
	if loc == "" || len(loc) > maxLoc || !utf8.ValidString(loc) || strings.Trim(loc, " \t\r\n") != loc {
		t.Errorf("loc %q", loc)
	}
}
