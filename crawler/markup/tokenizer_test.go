package markup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"os"
)

// tokensOf lists what our tokenizer makes of a page, one line a token: tags with
// those attributes that the reader looks at, and text with its references decoded.
func tokensOf(page []byte) []string {
	var t tokenizer
	t.reset(page)
	var list []string
	for {
		switch t.next() {
		case endOfPage:
			return list
		case textToken:
			list = addText(list, string(decodeRefs(nil, t.text(), false)))
		case endTag:
			list = append(list, "</"+asciiLower(t.name())+">")
		case startTag:
			name := asciiLower(t.name())
			list = append(list, "<"+name+ourAttributes(&t)+">")
			if text := string(rawTextOf(&t, name)); text != "" {
				list = addText(list, text)
			}
		}
	}
}

func asciiLower(name []byte) string {
	small := bytes.Clone(name)
	for i, c := range small {
		small[i] = lower[c]
	}
	return string(small)
}

func ourAttributes(t *tokenizer) string {
	var b strings.Builder
	for a := noAttr + 1; a < attributeCount; a++ {
		if t.set.has(a) {
			fmt.Fprintf(&b, " %s=%q", attributeNames[a], decodeRefs(nil, t.value(a), true))
		}
	}
	return b.String()
}

// rawTextOf takes the text of an element that has no markup inside, decoded.
func rawTextOf(t *tokenizer, name string) []byte {
	switch name {
	case "script":
		return t.scriptText()
	case "style", "iframe", "noembed", "noframes", "xmp":
		return t.rawText(name)
	case "title", "textarea":
		return decodeRefs(nil, t.rawText(name), false)
	case "plaintext":
		return t.rest()
	}
	return nil
}

// addText appends text, joined to text before it.
func addText(list []string, text string) []string {
	if n := len(list); n > 0 && strings.HasPrefix(list[n-1], "'") {
		list[n-1] += text
		return list
	}
	return append(list, "'"+text)
}

// oracleTokens is tokensOf by golang.org/x/net/html.
func oracleTokens(page []byte) []string {
	z := html.NewTokenizer(bytes.NewReader(page))
	var list []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			return list
		case html.TextToken:
			list = addText(list, string(z.Text()))
		case html.EndTagToken:
			name, _ := z.TagName()
			list = append(list, "</"+string(name)+">")
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := string(name)
			list = append(list, "<"+tag+oracleAttributes(z)+">")
			if tag == "noscript" {
				z.NextIsNotRawText()
			}
		}
	}
}

func oracleAttributes(z *html.Tokenizer) string {
	var values [attributeCount]*string
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		a := slices.Index(attributeNames[:], string(key))
		if len(key) > 0 && a > 0 && values[a] == nil {
			s := string(value)
			values[a] = &s
		}
	}
	var b strings.Builder
	for a, value := range values {
		if value != nil {
			fmt.Fprintf(&b, " %s=%q", attributeNames[a], *value)
		}
	}
	return b.String()
}

func TestTokens(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"text alone", "a &lt; b", `'a < b`},
		{"tags", "<P>x</P >", `<p> 'x </p>`},
		{"attributes of every form", `<a HREF=x rel='y' id="z" name>`, `<a href="x" id="z" name="" rel="y">`},
		{"the first of doubles", `<a href=1 HREF=2>`, `<a href="1">`},
		{"no space between attributes", `<a href="1"id='2'>`, `<a href="1" id="2">`},
		{"space around the equals sign", "<a href \n=\t 1>", `<a href="1">`},
		{"a value with slashes", `<a href=/x/>`, `<a href="/x/">`},
		{"an empty value", `<a href= >`, `<a href="">`},
		{"slashes between attributes", `<a/href=x/ /id=y>`, `<a href="x/" id="y">`},
		{"a name that begins with an equals sign", `<a =href=1 id=2>`, `<a id="2">`},
		{"a quote that is not closed in the tag", `<a href="x>y" id=z>`, `<a href="x>y" id="z">`},
		{"a greater-than in an unquoted value", `<a href=x>y`, `<a href="x"> 'y`},
		{"a tag that the page ends in", `x<a href=y`, `'x`},
		{"a value that the page ends in", `x<a href="y>z`, `'x`},
		{"not tags", `1 < 2 <3 <<b>`, `'1 < 2 <3 < <b>`},
		{"ends in less-than", `a<`, `'a<`},
		{"ends in less-than and slash", `a</`, `'a</`},
		{"an empty end tag", `a</>b`, `'ab`},
		{"end tags that are comments", `a</ b>c</3>d`, `'acd`},
		{"attributes of an end tag", `</a href="x>y">z`, `</a> 'z`},

		{"comment", `a<!-- <b> -- -> -->c`, `'ac`},
		{"comment that ends with a bang", `a<!-- x --!>b`, `'ab`},
		{"shortest comments", `a<!-->b<!--->c<!---->d<!--!>-->e`, `'abcde`},
		{"a comment is not ended by its own dashes and a bang", `a<!--!>b-->c`, `'ac`},
		{"a comment without end", `a<!-- b`, `'a`},
		{"bogus comments", `a<!b>c<?d e>f<!-g>h`, `'acfh`},
		{"doctype", `<!DOCTYPE html PUBLIC "a>b">c`, `'b">c`},
		{"CDATA outside of foreign content", `a<![CDATA[b>c]]>`, `'ac]]>`},

		{"script", `<script>a<b></a></script >c`, `<script> 'a<b></a> </script> 'c`},
		{"script in a comment", `<script><!--<script></script>--></script>c`, `<script> '<!--<script></script>--> </script> 'c`},
		{"script that ends in its comment", `<script><!--a</script>c`, `<script> '<!--a </script> 'c`},
		{"script nested without end", `<script><!--<script></script>c`, `<script> '<!--<script></script>c`},
		{"script after a closed comment", `<script><!--<script>--></script>c`, `<script> '<!--<script>--> </script> 'c`},
		{"script with the shortest comment", `<script><!--><script></script>c`, `<script> '<!--><script> </script> 'c`},
		{"script in other letters", `<SCRIPT></scripty></ScRiPt>c`, `<script> '</scripty> </script> 'c`},
		{"title", `<title><b>&amp;</titles></title>c`, `<title> '<b>&</titles> </title> 'c`},
		{"style", `<style><!-- </style> -->&amp;`, `<style> '<!--  </style> ' -->&`},
		{"textarea without end", `<textarea><a href=x>`, `<textarea> '<a href=x>`},
		{"plaintext", `<plaintext></plaintext>&amp;`, `<plaintext> '</plaintext>&amp;`},
		{"an end tag cut off", `<title>a</title`, `<title> 'a</title`},
	}
	for _, test := range tests {
		if got := strings.Join(tokensOf([]byte(test.page)), " "); got != test.want {
			t.Errorf("%s: %s\n got %s\nwant %s", test.name, test.page, got, test.want)
		}
	}
}

// TestCDATA holds that CDATA sections are text where the reader says so.
func TestCDATA(t *testing.T) {
	tests := []struct{ page, want string }{
		{"<![CDATA[a]]>", "a"},
		{"<![CDATA[a<b>&amp;]]]]>", "a<b>&amp;]]"},
		{"<![CDATA[a]]", "a]]"},
		{"<![CDATA[]]>b", "b"},
	}
	for _, test := range tests {
		var z tokenizer
		z.reset([]byte(test.page))
		z.cdata = true
		if kind := z.next(); kind != textToken || string(z.text()) != test.want {
			t.Errorf("%s: token %d %q, want text %q", test.page, kind, z.text(), test.want)
		}
	}
}

// manualPages lists pages of the manuals that a machine may have, a few of many.
func manualPages(tb testing.TB, most int) []string {
	tb.Helper()
	var pages []string
	for _, root := range []string{"/usr/share/doc/python3/html", "/usr/share/doc/python3.11/html", "/usr/share/doc/rust-doc/html"} {
		root, err := filepath.EvalSymlinks(root)
		if err != nil {
			continue
		}
		err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".html") && entry.Type().IsRegular() {
				pages = append(pages, name)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			tb.Fatal(err)
		}
	}
	if len(pages) == 0 {
		tb.Skip("no HTML manual is installed (python3-doc, rust-doc)")
	}
	step := max(1, len(pages)/most)
	var some []string
	for i := 0; i < len(pages); i += step {
		some = append(some, pages[i])
	}
	return some
}

// TestTokensOfManuals compares the tokenizer with x/net's on real pages.
func TestTokensOfManuals(t *testing.T) {
	for _, name := range manualPages(t, 100) {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page = bytes.ReplaceAll(clean(page), []byte("\r"), nil)
		compareTokens(t, name, page)
	}
}

func compareTokens(t *testing.T, name string, page []byte) {
	t.Helper()
	got, want := tokensOf(page), oracleTokens(page)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s: token %d\n got %.300q\nwant %.300q", name, i, at(got, i), at(want, i))
		}
	}
}

// at gives a token with its neighbours.
func at(list []string, i int) []string {
	return list[max(0, min(i-1, len(list))):min(i+2, len(list))]
}

// FuzzTokens compares the tokenizer with x/net's on any bytes.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{
		`<a href="x&amp;y" id=z>t</a>`, `<!-- --!>x`, `<script><!--<script></script>`, `<title>&ampx</title>`,
		`<a href='?a=1&copy=2&reg'>&notit; &#128;&#x;</a>`, `</ x></3>`, `<![CDATA[x]]>`, `<p/ =x /y="">`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		page = bytes.ReplaceAll(clean(page), []byte("\r"), []byte("\n"))
		compareTokens(t, "fuzz", page)
	})
}
