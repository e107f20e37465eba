package markup

import (
	"fmt"
	"strings"
	"testing"

	"sonde"
)

// samplePage writes a page like those of a manual: a navigation, prose with links
// in it, code and tables, and what the head of a page has today. With 17 sections
// it has 80 links in 22 KB.
func samplePage(sections int) []byte {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html>
<html lang="en" data-content_root="../">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <title>Keeping a kettle &#8212; The tea manual, 3rd edition</title>
    <meta name="description" content="How to keep a kettle, from descaling &amp; polishing to repair.">
    <meta property="og:title" content="Keeping a kettle" />
    <meta property="og:type" content="article" />
    <link rel="stylesheet" type="text/css" href="../_static/style.css?v=4f649999" />
    <link rel="shortcut icon" type="image/png" href="../_static/leaf.svg" />
    <link rel="canonical" href="https://example.org/manual/kettle.html" />
    <link rel="next" title="Water" href="water.html" />
    <script src="../_static/sidebar.js?v=1"></script>
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "TechArticle", "name": "Keeping a kettle"}</script>
    <style>@media only screen { table.full-width { width: 100%; } }</style>
  </head>
  <body class="page">
    <nav class="menu" role="navigation"><ul class="breadcrumbs">
`)
	for i := range 12 {
		fmt.Fprintf(&b, `      <li class="nav-item nav-item-%d"><a href="../chapter%d/index.html" title="Chapter %d" accesskey="I">Chapter %d</a> &#187;</li>%s`, i, i, i, i, "\n")
	}
	b.WriteString("    </ul></nav>\n    <main class=\"body\" id=\"content\">\n      <h1>Keeping a kettle<a class=\"headerlink\" href=\"#keeping\" title=\"Link to this heading\">¶</a></h1>\n")
	for i := range sections {
		fmt.Fprintf(&b, `      <section id="part-%d">
        <h2>Part %d of the care<a class="headerlink" href="#part-%d" title="Link to this heading">¶</a></h2>
        <p>Fill the kettle with <em>cold</em> water and see <a class="reference internal" href="water.html#hardness-%d"><span class="std std-ref">Hardness of water</span></a> before
        you boil it. Limescale settles where the water is hottest &mdash; that&#8217;s on the element, not the walls. A cup of
        vinegar, left overnight, dissolves most of it; rinse twice, boil once, and throw the first water away.</p>
        <div class="highlight-default notranslate"><div class="highlight"><pre><span></span><span class="gp">&gt;&gt;&gt; </span><span class="n">kettle</span><span class="o">.</span><span class="n">boil</span><span class="p">(</span><span class="n">litres</span><span class="o">=</span><span class="mf">1.%d</span><span class="p">)</span>
</pre></div></div>
        <p>Tools and parts are listed by <a class="reference external" href="https://parts.example.com/kettles?model=%d&amp;view=list" rel="nofollow">the maker</a>%s.</p>
      </section>
`, i, i, i, i, i, i, [...]string{"", ` and in <a href="/manual/tools.html">Tools</a>`}[i%2])
	}
	b.WriteString(`    </main>
    <footer class="footer"><img src="../_static/logo.png" width="20" height="20" alt="The tea society" />
      &copy; <a href="../copyright.html">Copyright</a> 1998-2026, the tea society. <a href="mailto:tea@example.org">Write to us</a>.
    </footer>
  </body>
</html>
`)
	return []byte(b.String())
}

func TestSamplePage(t *testing.T) {
	body := samplePage(17)
	page, links := read(string(body))
	if len(links) != 80 || len(body)/1000 != 22 || page.WordCount < 1000 || len(page.Headings) != 18 {
		t.Errorf("%d bytes, %d links, %d words, %d headings: not like the page that figures are given for", len(body), len(links), page.WordCount, len(page.Headings))
	}
}

func BenchmarkRead(b *testing.B) {
	in := Input{Body: samplePage(17), URL: "https://example.org/manual/kettle.html"}
	r := newReader()
	var links []sonde.Link
	b.SetBytes(int64(len(in.Body)))
	b.ReportAllocs()
	for b.Loop() {
		_, links = r.Read(in)
	}
	b.ReportMetric(float64(len(links)), "links")
}

// BenchmarkTokens reads the tags and texts of the page and does nothing with them.
func BenchmarkTokens(b *testing.B) {
	body := samplePage(17)
	var t tokenizer
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		t.reset(body)
		for t.next() != endOfPage {
		}
	}
}

// BenchmarkWords fingerprints the text of the page.
func BenchmarkWords(b *testing.B) {
	var runs [][]byte
	var t tokenizer
	t.reset(samplePage(17))
	for token := t.next(); token != endOfPage; token = t.next() {
		if token == textToken {
			runs = append(runs, t.text())
		}
	}
	var w words
	var count int
	b.ReportAllocs()
	for b.Loop() {
		w.reset()
		for _, run := range runs {
			w.add(run)
		}
		count, _, _ = w.sum()
	}
	b.ReportMetric(float64(count), "words")
}

func BenchmarkDecode(b *testing.B) {
	body := samplePage(17)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Decode(body, "text/html; charset=utf-8")
	}
}

// BenchmarkHostile reads the pages that are made to break their reader. None may
// stand out: time goes with the length of a page, whatever it holds.
func BenchmarkHostile(b *testing.B) {
	r := newReader()
	for _, h := range hostilePages {
		body := []byte(h.page(100_000))
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				r.Read(Input{Body: body, URL: pageURL})
			}
		})
	}
}
