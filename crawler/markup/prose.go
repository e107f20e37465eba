package markup

import "math"

// maxParagraphs bounds how many paragraphs of a page are given.
const maxParagraphs = 20_000

// prose gathers the visible text of a page, paragraph by paragraph.
type prose struct {
	line
	paragraphs []string
}

// Paragraphs gives the visible text of a page as people see it parted: what stands in
// one block, with its white space collapsed, is one paragraph, and none is empty. It is
// the text that WordCount counts, at most 20,000 paragraphs of it.
func (r *Reader) Paragraphs(in Input) []string {
	p := &prose{}
	p.begin(math.MaxInt)
	r.prose = p
	defer func() { r.prose = nil }()
	r.Read(in)
	p.end()
	return p.paragraphs
}

// end ends the paragraph at hand.
func (p *prose) end() {
	if len(p.buf) > 0 && len(p.paragraphs) < maxParagraphs {
		p.paragraphs = append(p.paragraphs, string(p.buf))
	}
	p.begin(math.MaxInt)
}
