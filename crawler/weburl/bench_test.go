package weburl

import "testing"

func BenchmarkResolve(b *testing.B) {
	base := mustBase(b, "https://example.org:8443/docs/guide/start.html?v=2")
	for _, c := range []struct{ name, ref string }{
		{"fragment", "#installation"},
		{"sibling", "configuration-reference.html"},
		{"sibling and fragment", "configuration-reference.html#section-2"},
		{"up two", "../../reference/api/index.html"},
		{"root", "/reference/api/index.html"},
		{"root and query", "/search/results?q=crawler&page=2&sort=relevance"},
		{"query", "?page=2"},
		{"no scheme", "//cdn.example.net/assets/app.3f9c.js"},
		{"absolute, same origin", "https://example.org:8443/reference/api/index.html"},
		{"absolute", "https://www.example.com/reference/api/index.html"},
		{"absolute, long", "https://www.example.com/shop/category/subcategory/products/a-product-with-a-long-name.html?color=blue&size=10&ref=home"},
		{"encoded", "/wiki/%E4%BD%A0%E5%A5%BD"},
		{"parser: encoded in lower case", "/wiki/%e4%bd%a0%e5%a5%bd"},
		{"parser: not ASCII", "/wiki/你好"},
		{"parser: dots inside", "/a/../reference/./index.html"},
		{"parser: dropped parameter", "/index.html?id=1&utm_source=home"},
		{"parser: port", "https://example.com:8080/index.html"},
		{"parser: domain not ASCII", "https://bücher.example/"},
		{"parser: other scheme", "mailto:info@example.org"},
		{"parser: malformed", "http://exa mple.org/"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				canonicalizer.Resolve(base, c.ref)
			}
		})
	}
}

func BenchmarkBase(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustBase(b, "https://example.org:8443/docs/guide/start.html?v=2")
	}
}

func BenchmarkShape(b *testing.B) {
	for _, c := range []struct{ name, url string }{
		{"page", "https://www.example.com/reference/api/2024/page-12.html"},
		{"query", "https://www.example.com/search?q=crawler&page=2&sort=relevance"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Shape(c.url)
			}
		})
	}
}

func BenchmarkTrap(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Trap("https://www.example.com/shop/category/subcategory/products/a-product-with-a-long-name.html?color=blue")
	}
}

func BenchmarkRegistrableDomain(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		RegistrableDomain("www.shop.example.co.uk")
	}
}
