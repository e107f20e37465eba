package markup

import (
	"slices"
	"testing"
)

func TestParagraphs(t *testing.T) {
	for _, test := range []struct {
		page string
		want []string
	}{
		{"", nil},
		{"<title>t</title><h1>Tea &amp;\n  <b>bis</b>cuits</h1><p>One.<p>Two <i>words</i>\n.", []string{"Tea & biscuits", "One.", "Two words ."}},
		{"loose<div>in<div>deeper</div>out</div>end", []string{"loose", "in", "deeper", "out", "end"}},
		{"<ul><li>a<li>b</ul><table><tr><td>c<td>d</table>", []string{"a", "b", "c", "d"}},
		{"a<br>b", []string{"a", "b"}},
		{"<p>seen<script>not()</script><style>p{}</style><noscript>no</noscript><template>no</template>", []string{"seen"}},
		{"<p> \u00a0 </p><p></p>", nil},
	} {
		got := newReader().Paragraphs(Input{Body: []byte(test.page), URL: pageURL})
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.page, got, test.want)
		}
	}
}

func TestParagraphsLeaveTheReaderAsItWas(t *testing.T) {
	r, in := newReader(), Input{Body: []byte("<p>a<p>b"), URL: pageURL}
	r.Paragraphs(in)
	if page, _ := r.Read(in); page.WordCount != 2 || r.prose != nil {
		t.Errorf("%d words after the paragraphs were read, want 2", page.WordCount)
	}
	if again := r.Paragraphs(in); !slices.Equal(again, []string{"a", "b"}) {
		t.Errorf("read again: %q", again)
	}
}
