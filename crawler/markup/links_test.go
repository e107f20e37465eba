package markup

import (
	"fmt"
	"strings"
	"testing"

	"sonde"
)

// TestLinkKinds has every kind of link, and what is none.
func TestLinkKinds(t *testing.T) {
	tests := []struct {
		name, page string
		want       []string
	}{
		{"a", `<a href=x>t</a><a>no</a>`, []string{"a x"}},
		{"a to the page itself", `<a href>t</a><a href="#f">t</a>`, []string{"a page.html", "a page.html#f"}},
		{"area", `<map><area href=x alt=t><area></map>`, []string{"area x"}},
		{"img", `<img src=x><img src=""><img src=" "><img><image src=y>`, []string{"img x", "img y"}},
		{"img with srcset", `<img src=x srcset="y 1x, z 2x">`, []string{"img x", "srcset y", "srcset z"}},
		{"picture", `<picture><source srcset="y, z 2x"><img src=x></picture>`, []string{"srcset y", "srcset z", "img x"}},
		{"video", `<video src=v poster=p><source src=s><track src=t></video>`, []string{"media v", "media p", "media s", "media t"}},
		{"audio, embed, object", `<audio src=a></audio><embed src=e><object data=o></object>`, []string{"media a", "media e", "media o"}},
		{"script", `<script src=x></script><script></script>`, []string{"script x"}},
		{"frames", `<iframe src=i></iframe><frameset><frame src=f></frameset>`, []string{"iframe i", "frame f"}},
		{"forms", `<form action=x><button formaction=y></button><input formaction=z><input type=image src=i></form><form></form>`,
			[]string{"form x", "form y", "form z", "img i"}},
		{"link elements", `<link rel=stylesheet href=a><link rel="shortcut icon" href=b><link rel=apple-touch-icon href=c><link rel=manifest href=d>
			<link rel=next href=e><link rel=prev href=f><link rel=amphtml href=g><link rel=preload href=h><link rel=modulepreload href=i>
			<link rel=prefetch href=j><link rel=search href=k><link rel=license href=l><link rel=canonical href=m><link rel=alternate href=n>`,
			[]string{"css a", "icon b", "icon c", "manifest d", "next e", "prev f", "amp g", "preload h", "preload i",
				"preload j", "link k", "link l", "canonical m", "alternate n"}},
		{"link elements that name no document", `<link rel=preconnect href=a><link rel=dns-prefetch href=//b><link rel=stylesheet href=""><link href=c><link rev=made href=d@example.org>`, nil},
		{"preloaded images", `<link rel=preload as=image href=a imagesrcset="b 1x, c 2x">`, []string{"srcset b", "srcset c", "preload a"}},
		{"background", `<body background=a><table background=b>`, []string{"background a", "background b"}},
		{"svg", `<svg><a xlink:href=a></a><a href=b xlink:href=no></a><image xlink:href=c /><use href="d#e"/><use href="#f"/><script href=g></script></svg>`,
			[]string{"a a", "a b", "background c", "background d#e", "script g"}},
		{"refresh", `<meta http-equiv=Refresh content="5; url=x"><meta http-equiv=refresh content=7>`, []string{"refresh x"}},
		{"noscript", `<noscript><a href=x>t</a><img src=y></noscript>`, []string{"a x", "img y"}},
		{"template", `<template><a href=x>t</a><img src=y></template><a href=z>`, []string{"a z"}},
		{"a template that is shown", `<div><template shadowrootmode=open><a href=x>t</a></template></div>`, []string{"a x"}},
		{"what is not markup", `<script>"<a href=x>"</script><style><a href=x></style><textarea><a href=x></textarea>
			<title><a href=x></title><!-- <a href=x> --><iframe><a href=x></iframe><noembed><a href=x></noembed><xmp><a href=x></xmp>`, nil},
		{"style inside svg is markup", `<svg><style><a href=x>`, []string{"a x"}},
		{"references in attributes", `<a href="?a=1&amp;b=2&copy=3&#x26;d&notin;">t</a>`, []string{"a page.html?a=1&b=2&copy=3&d%E2%88%89"}},
		{"behind everything", `</body></html><a href=x>`, []string{"a x"}},
	}
	for _, test := range tests {
		page, links := read(test.page)
		var got []string
		for _, l := range links {
			to := strings.TrimPrefix(l.URL, "https://example.org/library/")
			if l.Fragment != "" {
				to += "#" + l.Fragment
			}
			got = append(got, fmt.Sprint(l.Kind, " ", to))
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") || page.LinkCount != len(test.want) {
			t.Errorf("%s: %d links %q, want %q", test.name, page.LinkCount, got, test.want)
		}
	}
}

func TestAnchors(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"text", "<a href=x> one <b>t</b>wo\n&amp;&nbsp;three </a>four", "one two & three"},
		{"blocks", `<a href=x><div>one</div><div>two</div></a>`, "one two"},
		{"an image", `<a href=x>one<img alt="two &lt;">three<img></a>`, "one two < three"},
		{"only an image", `<a href=x><img src=y alt=" logo "></a>`, "logo"},
		{"a label", `<a href=x aria-label=" one &amp; two " title=no></a>`, "one & two"},
		{"an empty label", `<a href=x aria-label=" " title=yes><img></a>`, "yes"},
		{"text before a label", `<a href=x aria-label=no>yes</a>`, "yes"},
		{"the title of an svg", `<a href=x><svg><title>one</title><style>no</style><path d=no /></svg></a>`, "one"},
		{"script and style", `<a href=x>one<script>no</script><style>no</style></a>`, "one"},
		{"nothing", `<a href=x> </a>no`, ""},
		{"ended by the next", `<a href=x>one<a href=y>two</a>`, "one"},
		{"ended by its parent", `<ul><li><a href=x>one</li><li>two</a>`, "one"},
		{"with a block left open", `<a href=x>one<div>two</a>three</div>`, "one two"},
		{"not ended", `<a href=x>one`, "one"},
		{"a heading inside", `<a href=x><h2>one</h2>two</a>`, "one two"},
		{"long", `<a href=x>` + strings.Repeat("ab ", 100) + `</a>`, strings.TrimSpace(strings.Repeat("ab ", 67))},
		{"long with no place for white space", `<a href=x>` + strings.Repeat("c", 199) + ` d</a>`, strings.Repeat("c", 199)},
		{"in noscript", `<noscript><a href=x>one</a></noscript>`, "one"},
	}
	for _, test := range tests {
		if _, links := read(test.page); links[0].Anchor != test.want {
			t.Errorf("%s: anchor %q, want %q", test.name, links[0].Anchor, test.want)
		}
	}
}

func TestRel(t *testing.T) {
	tests := []struct {
		page, rel string
		nofollow  bool
	}{
		{`<a href=x rel="  NoFollow	noopener
			ME ">`, "nofollow noopener me", true},
		{`<a href=x rel=ugc>`, "ugc", true},
		{`<a href=x rel="sponsored">`, "sponsored", true},
		{`<area href=x rel="nofollow">`, "nofollow", true},
		{`<a href=x rel=nofollows>`, "nofollows", false},
		{`<a href=x rel="">`, "", false},
		{`<link href=x rel="Alternate  nofollow">`, "alternate nofollow", true},
	}
	for _, test := range tests {
		if _, links := read(test.page); links[0].Rel != test.rel || links[0].Nofollow != test.nofollow {
			t.Errorf("%s: rel %q, nofollow %t, want %q, %t", test.page, links[0].Rel, links[0].Nofollow, test.rel, test.nofollow)
		}
	}
}

func TestPositions(t *testing.T) {
	tests := []struct {
		page string
		want sonde.Position
	}{
		{`<link rel=icon href=x>`, sonde.InHead},
		{`<head></head><link rel=icon href=x>`, sonde.InHead},
		{`<noscript><img src=x></noscript>`, sonde.InHead},
		{`<body><link rel=icon href=x>`, sonde.InBody},
		{`<body background=x>`, sonde.InBody},
		{`<a href=x>`, sonde.InBody},
		{`<nav><a href=x>`, sonde.InNav},
		{`<header><nav><ul><li><a href=x>`, sonde.InNav},
		{`<header><nav></nav><a href=x>`, sonde.InHeader},
		{`<main><article><header><a href=x>`, sonde.InHeader},
		{`<main><p><nav></nav><a href=x>`, sonde.InMain},
		{`<main></main><a href=x>`, sonde.InBody},
		{`<aside><a href=x>`, sonde.InAside},
		{`<footer><a href=x>`, sonde.InFooter},
		{`<div role=navigation><a href=x>`, sonde.InNav},
		{`<div role=" BANNER "><a href=x>`, sonde.InHeader},
		{`<div role=main></div><a href=x>`, sonde.InBody},
		{`<section role=complementary><a href=x>`, sonde.InAside},
		{`<div role=contentinfo><a href=x>`, sonde.InFooter},
		{`<nav><div></nav><a href=x>`, sonde.InBody},
		{`<nav></div></p></span><a href=x>`, sonde.InNav},
		{`<div><main><table><td></div></main><a href=x>`, sonde.InMain},
		{`<main><div><b><p></b></p></div><a href=x>`, sonde.InMain},
		{`<footer><svg><a href=x>`, sonde.InFooter},
		{`<nav><svg><p></p></svg><a href=x>`, sonde.InNav},
		{`<body><nav></body></html><a href=x>`, sonde.InNav},
		{`<body><nav></nav></body></html><a href=x>`, sonde.InBody},
	}
	for _, test := range tests {
		_, links := read(test.page)
		if got := links[0].Position; got != test.want {
			t.Errorf("%s: in %s, want %s", test.page, got, test.want)
		}
	}
}

// TestSrcset splits what the HTML Standard's algorithm splits.
func TestSrcset(t *testing.T) {
	tests := []struct{ srcset, want string }{
		{"", ""},
		{" , ,, ", ""},
		{"a", "a"},
		{"a 1x, b 2x", "a b"},
		{"a,b", "a,b"},
		{"a, b", "a b"},
		{"a,, b,", "a b"},
		{"a 1x,b 2x", "a b"},
		{"a\n100w\t,\tb\f200w", "a b"},
		{"a (1,2) 3x, b", "a b"},
		{"a (1, b", "a"},
		{"data:image/png;base64,AA== 1x, b 2x", "data:image/png;base64,AA== b"},
		{"data:,a ( , data:,b 1x, ), data:,c", "data:,a data:,c"},
	}
	for _, test := range tests {
		var got []string
		for rest := []byte(test.srcset); ; {
			var ref []byte
			if ref, rest = nextCandidate(rest); ref == nil {
				break
			}
			got = append(got, string(ref))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q: %q, want %s", test.srcset, got, test.want)
		}
	}
}

func TestLinkHeader(t *testing.T) {
	tests := []struct {
		name, value string
		want        []string
	}{
		{"one", `<x>; rel=preload; as=style`, []string{`preload https://example.org/library/x "" in http_header rel="preload"`}},
		{"none", `x; rel=next`, nil},
		{"not closed", `<x`, nil},
		{"several", `<a>;rel="next" ; title="N, \"x\"; y" , <b,c> ; rel = prev,,<d>`, []string{
			`next https://example.org/library/a "N, \"x\"; y" in http_header rel="next"`,
			`prev https://example.org/library/b,c "" in http_header rel="prev"`,
			`header https://example.org/library/d "" in http_header`,
		}},
		{"relations together", `</>; rel="Author  NOFOLLOW"; rel=canonical`, []string{`header https://example.org/ "" in http_header rel="author nofollow" nofollow`}},
		{"another page's", `<x>; rel=canonical; anchor="/y"`, []string{`header https://example.org/library/x "" in http_header rel="canonical"`}},
		{"origins", `<https://cdn.example>; rel=preconnect`, nil},
		{"broken parameters", `<x>; =; ; rel; title="a`, []string{`header https://example.org/library/x "a" in http_header`}},
	}
	for _, test := range tests {
		_, links := read("<base href=/no/>", sonde.HeaderField{Name: "Link", Value: test.value})
		compareLinks(t, test.name, links, test.want)
	}
}
