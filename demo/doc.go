// Package demo is a small web site with known faults: the workshop Tidemark, its
// shop, its journal and its manual, on a coast that does not exist. A crawler
// that visits it finds one example of most things that go wrong on real sites,
// and [Faults] says which and where.
//
// [Handler] serves the site on any host and port without network, files or
// state. Its answers depend on the request alone; every date in it is fixed.
//
// The package reads like this:
//
//   - demo.go: the handler and how one page is answered
//   - content.go: pages written by hand, from content/*.html, each a few header
//     lines ("title: …") and a fragment of HTML
//   - lists.go: pages made of others: shop, journal, manual, archive, calendar
//   - layout.go: the frame around every page
//   - trouble.go: paths that answer badly: errors, redirects, a growing path
//   - sitemap.go: robots.txt and the sitemaps
//   - art.go: pictures, drawn from a name
//   - faults.go: what is wrong where
package demo
