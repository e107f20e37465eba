package robots

import (
	"fmt"
	"strings"
	"testing"
)

const benchURL = "https://www.example.org/shop/garden/tools/spade-of-steel-42.html?colour=green&size=large"

func BenchmarkDecide(b *testing.B) {
	var shop strings.Builder
	shop.WriteString("User-agent: *\n")
	for _, path := range []string{"/admin/", "/cart", "/checkout/", "/search", "/account", "/*?sort=", "/*&sort=", "/*.pdf$", "/tmp/", "/api/"} {
		fmt.Fprintf(&shop, "Disallow: %s\nAllow: %spublic\n", path, strings.TrimSuffix(path, "$"))
	}
	var long strings.Builder
	long.WriteString("User-agent: *\n")
	for i := range 20_000 {
		fmt.Fprintf(&long, "Disallow: /shop/item-%d\n", i)
	}
	for _, c := range []struct{ name, file, url string }{
		{"shop20", shop.String(), benchURL},
		{"long20000", long.String(), benchURL},
		{"hostileStars", "User-agent: *\n" + strings.Repeat("Disallow: /"+strings.Repeat("*a", 8_000)+"$\n", 30), "https://example.org/" + strings.Repeat("a", 2_000) + "b"},
		{"hostileWild", "User-agent: *\n" + manyWild(), "https://example.org/" + strings.Repeat("a", 2_000) + "b"},
	} {
		b.Run(c.name, func(b *testing.B) {
			rules := Parse([]byte(c.file)).For("Sonde")
			b.ReportAllocs()
			for b.Loop() {
				rules.Decide(c.url)
			}
		})
	}
}

// manyWild gives as many wildcard rules as a file can hold, each of which must
// read a long path to its end.
func manyWild() string {
	var out strings.Builder
	for i := 0; out.Len() < maxBytes-100; i++ {
		fmt.Fprintf(&out, "Disallow: /*aa%d\n", i)
	}
	return out.String()
}

func BenchmarkParse(b *testing.B) {
	body := []byte(strings.Repeat("User-agent: bot\nDisallow: /shop/item\nAllow: /shop/item/*.css$\n\n", 500))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(body).For("bot")
	}
}
