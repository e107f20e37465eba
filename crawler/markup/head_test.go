package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sonde"
)

func TestTitle(t *testing.T) {
	long := strings.Repeat("ä", sonde.MaxText+5)
	tests := []struct {
		name, page, title string
		count             int
		inBody            bool
	}{
		{"none", `<p>x`, "", 0, false},
		{"white space and references", "<title>\n a &lt;b>\u00a0&nbsp; c&#x21; </title>", "a <b> c!", 1, false},
		{"empty", `<title></title>`, "", 1, false},
		{"the first of two", `<title>a</title><title>b</title>`, "a", 2, false},
		{"in the body", `<body><title>a</title>`, "a", 1, true},
		{"behind text", `x<title>a</title>`, "a", 1, true},
		{"between head and body", `<head></head><title>a</title><body>`, "a", 1, false},
		{"of an svg", `<title>a</title><svg><title>b</title></svg>`, "a", 1, false},
		{"only of an svg", `<svg><title>b</title></svg>`, "", 0, false},
		{"in a template", `<template><title>b</title></template><title>a</title>`, "a", 1, false},
		{"in a comment", `<!--<title>b</title>--><title>a</title>`, "a", 1, false},
		{"long", "<title>" + long + "</title>", long[:2*sonde.MaxText], 1, false},
		{"without end", `<title>a<p>b`, "a<p>b", 1, false},
	}
	for _, test := range tests {
		page, _ := read(test.page)
		if page.Title != test.title || page.TitleCount != test.count || page.TitleInBody != test.inBody {
			t.Errorf("%s: title %q, count %d, in body %t, want %q, %d, %t",
				test.name, page.Title, page.TitleCount, page.TitleInBody, test.title, test.count, test.inBody)
		}
	}
}

func TestMeta(t *testing.T) {
	page, _ := read(`<html lang=" pt-BR "><html lang=en>
		<meta name=description content="one  &amp;
		two"><META NAME=" DESCRIPTION " CONTENT=three><meta name=description>
		<meta name=viewport content=a><meta name=viewport content=b>
		<meta property="og:title" content="T"><meta name="twitter:card" content="summary"><meta property="OG:Image" content="/i.png">
		<meta itemprop=description name=description content=no>`)
	if page.Lang != "pt-BR" || page.Viewport != "a" {
		t.Errorf("lang %q, viewport %q, want pt-BR, a", page.Lang, page.Viewport)
	}
	if page.Description != "one & two" || page.DescriptionCount != 2 {
		t.Errorf("description %q, count %d, want %q, 2", page.Description, page.DescriptionCount, "one & two")
	}
	want := []sonde.HeaderField{{Name: "og:title", Value: "T"}, {Name: "twitter:card", Value: "summary"}, {Name: "og:image", Value: "/i.png"}}
	if !slices.Equal(page.OpenGraph, want) {
		t.Errorf("Open Graph %v, want %v", page.OpenGraph, want)
	}
}

func TestMetaIsBounded(t *testing.T) {
	page, _ := read(strings.Repeat(`<meta property="og:image" content=x><meta name=robots content=noindex>`, 1000))
	if len(page.OpenGraph) != sonde.MaxMeta || len(page.Robots) != sonde.MaxMeta {
		t.Errorf("%d Open Graph fields and %d robots metas kept, want %d", len(page.OpenGraph), len(page.Robots), sonde.MaxMeta)
	}
}

func TestRobotsMeta(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"for all", `<meta name=ROBOTS content="NoIndex, follow">`, "[{ NoIndex, follow false}]"},
		{"empty", `<meta name=robots content="">`, "[{  false}]"},
		{"for one", `<meta name=GoogleBot content=none><meta name="sonde" content="all">`, "[{googlebot none false} {sonde all false}]"},
		{"with values", `<meta name=bingbot content="max-snippet:-1, unavailable_after: 25 Jun 2030">`, "[{bingbot max-snippet:-1, unavailable_after: 25 Jun 2030 false}]"},
		{"a name unheard of", `<meta name=Teoma content=noindex>`, "[{teoma noindex false}]"},
		{"not a crawler", `<meta name=audience content=all><meta name=rating content=none>`, "[]"},
		{"not directives", `<meta name=googlebot-site content="x7">`, "[]"},
		{"not a token", `<meta name="a b" content=noindex><meta name="dc.robots" content=noindex>`, "[]"},
		{"in a template", `<template><meta name=robots content=noindex></template>`, "[]"},
		{"in the body", `<body><meta name=robots content=noindex>`, "[{ noindex false}]"},
	}
	for _, test := range tests {
		page, _ := read(test.page)
		if got := fmt.Sprint(page.Robots); got != test.want {
			t.Errorf("%s: robots %s, want %s", test.name, got, test.want)
		}
	}
}

func TestRobotsHeader(t *testing.T) {
	page, _ := read(`<meta name=robots content=index>`, sonde.HeaderField{Name: "X-Robots-Tag", Value: "otherbot: noindex, nofollow"})
	want := []sonde.RobotsMeta{{Value: "index"}, {Agent: "otherbot", Value: "noindex, nofollow", Header: true}}
	if !slices.Equal(page.Robots, want) {
		t.Errorf("robots %v, want %v", page.Robots, want)
	}
}

// TestBase holds which base wins, hostile ones among them (hostile F08).
func TestBase(t *testing.T) {
	tests := []struct{ name, page, base, link string }{
		{"none", `<a href=x>`, pageURL, "https://example.org/library/x"},
		{"another origin", `<base href="https://other.example/d/e"><a href=x>`, "https://other.example/d/e", "https://other.example/d/x"},
		{"relative", `<base href="../b/"><a href=x>`, "https://example.org/b/", "https://example.org/b/x"},
		{"two", `<base href=/a/><base href=/b/><a href=x>`, "https://example.org/a/", "https://example.org/a/x"},
		{"without href first", `<base target=_top><base href=/b/><a href=x>`, "https://example.org/b/", "https://example.org/b/x"},
		{"javascript", `<base href="javascript:alert(1)"><a href=x>`, pageURL, "https://example.org/library/x"},
		{"data, then one that is right", `<base href="data:text/html,"><base href=/b/><a href=x>`, "https://example.org/b/", "https://example.org/b/x"},
		{"no URL", `<base href="http://[/"><a href=x>`, pageURL, "https://example.org/library/x"},
		{"in the body, behind the link", `<body><a href=x><base href=/b/>`, "https://example.org/b/", "https://example.org/b/x"},
		{"in an svg and a template", `<svg><base href=/s/></svg><template><base href=/t/></template><a href=x>`, pageURL, "https://example.org/library/x"},
		{"with a fragment and references", `<base href="/b/?a=1&amp;b=2#f"><a href="">`, "https://example.org/b/?a=1&b=2", "https://example.org/b/?a=1&b=2"},
	}
	for _, test := range tests {
		page, links := read(test.page)
		if page.Base != test.base || links[0].URL != test.link {
			t.Errorf("%s: base %s, link %s, want %s, %s", test.name, page.Base, links[0].URL, test.base, test.link)
		}
	}
}

func TestCanonicals(t *testing.T) {
	page, _ := read(`<link rel="CANONICAL foo" href="HTTP://EXAMPLE.org:80/a#f"><link rel=canonical href="http://[/"><body><link rel=canonical href=/c>
		<a rel=canonical href=/no>`, sonde.HeaderField{Name: "Link", Value: `</h>; rel="canonical"`})
	want := []sonde.Canonical{
		{Raw: "/h", URL: "https://example.org/h", Header: true},
		{Raw: "HTTP://EXAMPLE.org:80/a#f", URL: "http://example.org/a"},
		{Raw: "http://[/"},
		{Raw: "/c", URL: "https://example.org/c", InBody: true},
	}
	if !slices.Equal(page.Canonicals, want) {
		t.Errorf("canonicals\n got %+v\nwant %+v", page.Canonicals, want)
	}
}

func TestAlternates(t *testing.T) {
	page, _ := read(`<link rel=alternate hreflang=" de " href=/de><link rel="alternate stylesheet" hreflang=fr href=/fr.css>
		<link rel=alternate type="application/rss+xml" href=/feed><link rel=alternate hreflang=x-default href=/>`,
		sonde.HeaderField{Name: "Link", Value: `</en>; rel=alternate; hreflang=en-GB, </all>; rel="alternate"; hreflang="es"; hreflang="pt"`})
	want := []sonde.Alternate{
		{Lang: "en-GB", URL: "https://example.org/en", Header: true},
		{Lang: "es", URL: "https://example.org/all", Header: true},
		{Lang: "pt", URL: "https://example.org/all", Header: true},
		{Lang: "de", URL: "https://example.org/de"},
		{Lang: "x-default", URL: "https://example.org/"},
	}
	if !slices.Equal(page.Alternates, want) {
		t.Errorf("alternates\n got %+v\nwant %+v", page.Alternates, want)
	}
}

// TestNoscript holds that what noscript says of the page is not believed.
func TestNoscript(t *testing.T) {
	page, links := read(`<noscript><base href=/b/><meta name=robots content=noindex><meta name=description content=no>
		<meta http-equiv=refresh content="0;x"><link rel=canonical href=/c></noscript><a href=y>`)
	if page.Base != pageURL || page.Robots != nil || page.DescriptionCount != 0 || page.Refresh != nil || page.Canonicals != nil {
		t.Errorf("base %s, robots %v, %d descriptions, refresh %v, canonicals %v, want none of them",
			page.Base, page.Robots, page.DescriptionCount, page.Refresh, page.Canonicals)
	}
	compareLinks(t, "noscript", links, []string{
		`refresh https://example.org/library/x "" in head`, `link https://example.org/c "" in head rel="canonical"`,
		`a https://example.org/library/y "" in body`,
	})
}

func TestHeadClosedBy(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"a head as it should be", `<head><title>x</title><meta name=a content=b></head><body><div>`, ""},
		{"an image", `<head><img src=x><title>x</title></head><body>`, "img"},
		{"an element of one's own", `<head><My-Widget></My-Widget><meta name=description content=x></head>`, "my-widget"},
		{"text", `<head>x<link rel=canonical href=/></head><body>`, "#text"},
		{"without metadata behind it", `<head><title>x</title><div></div></head><body><div>`, ""},
		{"a style sheet may follow", `<head><div></div><link rel=stylesheet href=s></head><body>`, ""},
		{"metadata in the body", `<head></head><body><div><meta name=a content=b><title>x</title>`, ""},
		{"metadata behind the head's end", `<head><div></head><meta name=a content=b>`, ""},
		{"no tags for head and body", `<title>x</title><p>y`, ""},
		{"microdata in the body", `<title>x</title><p>y<meta itemprop=a content=b>`, ""},
		{"noscript in the head", `<head><noscript><img src=x>text</noscript><title>x</title></head>`, ""},
		{"a template in the head", `<head><template><p>x</template><title>x</title></head>`, ""},
		{"the first one counts", `<head><b></b><i></i><title>x</title><base href=/>`, "b"},
		{"head elements all", `<head><base><link><meta><script></script><style></style><title></title><meta name=a content=b>`, ""},
	}
	for _, test := range tests {
		if page, _ := read(test.page); page.HeadClosedBy != test.want {
			t.Errorf("%s: head closed by %q, want %q", test.name, page.HeadClosedBy, test.want)
		}
	}
}
