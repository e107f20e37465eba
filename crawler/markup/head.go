package markup

import (
	"bytes"
	"strings"

	"sonde"
)

// headState is what is known of the page's head. The head ends, as a browser has
// it, at the first text or element that cannot stand in it.
type headState struct {
	open   bool
	sealed bool   // its end was written: </head> or <body>
	closer []byte // what ended it before that
}

// endHead ends the head by something that is not metadata.
func (r *Reader) endHead(by string) {
	r.head.open = false
	if !r.head.sealed {
		r.head.closer = append(r.head.closer[:0], by...)
	}
}

// startInHead asks whether an element ends the head. What stands in noscript or in
// a template does not.
func (r *Reader) startInHead(t tag) {
	switch {
	case t == bodyTag, t == framesetTag:
		r.head.open, r.head.sealed = false, true
	case traits[t]&metadata == 0 && r.open.state&(muted|inert) == 0:
		r.head.open = false
		r.head.closer = r.tokens.name()
	}
}

// metadataFound notes that metadata came; where the head is over before its end
// was written, that is the fault of what ended it.
func (r *Reader) metadataFound() {
	if r.open.state&muted == 0 && !r.head.open && !r.head.sealed && r.page.HeadClosedBy == "" {
		r.page.HeadClosedBy = string(r.collapse(bytes.ToLower(r.head.closer), sonde.MaxAnchor))
	}
}

// title takes the text of a title.
func (r *Reader) title(content []byte) {
	if r.open.state&(muted|inert) != 0 {
		return
	}
	r.metadataFound()
	r.page.TitleCount++
	r.page.TitleInBody = r.page.TitleInBody || !r.head.open
	if r.page.TitleCount == 1 {
		r.page.Title = string(r.collapse(r.unescape(content, false), sonde.MaxText))
	}
}

// lookBase takes a base. The first that is a web address wins; what a browser
// would not resolve against (javascript: and data:) or could not is passed over.
func (r *Reader) lookBase() {
	href, ok := r.value(hrefAttr)
	if !ok || r.open.state&muted != 0 {
		return
	}
	r.metadataFound()
	if r.base != nil || r.docs == nil {
		return
	}
	found := r.urls.Resolve(r.docs, string(href))
	if found.Reason != "" {
		return
	}
	if base, err := r.urls.Base(found.URL); err == nil {
		r.base, r.page.Base = base, found.URL
	}
}

// lookMeta takes a meta element.
func (r *Reader) lookMeta() {
	content, hasContent := r.value(contentAttr)
	if !hasContent || r.tokens.set.has(itempropAttr) {
		return
	}
	r.metadataFound()
	r.content = append(r.content[:0], content...)
	if pragma, ok := r.value(httpEquivAttr); ok {
		if equalLower(trimSpace(pragma), "refresh") {
			r.refresh(string(r.content), false)
		}
		return
	}
	if r.open.state&muted != 0 {
		return
	}
	if property, ok := r.value(propertyAttr); ok && r.openGraph(trimSpace(property)) {
		return
	}
	if name, ok := r.value(nameAttr); ok {
		r.named(trimSpace(name))
	}
}

// named takes the content of a meta element by its name.
func (r *Reader) named(name []byte) {
	switch {
	case equalLower(name, "description"):
		r.page.DescriptionCount++
		if r.page.DescriptionCount == 1 {
			r.page.Description = string(r.collapse(r.content, sonde.MaxText))
		}
	case equalLower(name, "viewport"):
		if r.page.Viewport == "" {
			r.page.Viewport = string(r.collapse(r.content, sonde.MaxText))
		}
	case r.openGraph(name):
	default:
		r.robotsMeta(name)
	}
}

// openGraph keeps an Open Graph or Twitter field, and says whether name is one.
func (r *Reader) openGraph(name []byte) bool {
	if !hasPrefixLower(name, "og:") && !hasPrefixLower(name, "twitter:") {
		return false
	}
	if len(r.page.OpenGraph) < sonde.MaxMeta {
		key := strings.ToLower(string(r.collapse(name, sonde.MaxAnchor)))
		value := string(r.collapse(r.content, sonde.MaxText))
		r.page.OpenGraph = append(r.page.OpenGraph, sonde.HeaderField{Name: key, Value: value})
	}
	return true
}

// robotsMeta keeps robots directives: those of the name robots, and those of any
// name that looks like a crawler's when all its content is directives.
func (r *Reader) robotsMeta(name []byte) {
	agent := strings.ToLower(string(name[:min(len(name), maxAgent+1)]))
	switch {
	case len(r.page.Robots) >= sonde.MaxMeta:
		return
	case agent == "robots":
		agent = ""
	case !isAgent(agent), !allDirectives(r.content, looksLikeCrawler(agent)):
		return
	}
	value := string(r.collapse(r.content, sonde.MaxText))
	r.page.Robots = append(r.page.Robots, sonde.RobotsMeta{Agent: agent, Value: value})
}

// maxAgent is the longest product token that is taken for a crawler's.
const maxAgent = 64

// isAgent reports whether a name has the form of a product token (RFC 9309, 2.2.1).
func isAgent(name string) bool {
	for _, c := range []byte(name) {
		if kinds[c]&letter == 0 && c != '-' && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= maxAgent
}

func looksLikeCrawler(agent string) bool {
	for _, part := range []string{"bot", "crawl", "spider", "slurp", "sonde"} {
		if strings.Contains(agent, part) {
			return true
		}
	}
	return false
}

// allDirectives reports whether content is a list of robots directives. Words that
// other meta elements use too ("all", "none") are enough only for a crawler.
func allDirectives(content []byte, crawler bool) bool {
	certain := crawler
	for part := range bytes.SplitSeq(content, []byte(",")) {
		word, _, _ := bytes.Cut(trimSpace(part), []byte(":"))
		switch string(bytes.ToLower(trimSpace(word))) {
		case "all", "none", "index", "follow":
		case "noindex", "nofollow", "noarchive", "nosnippet", "noimageindex", "nocache", "notranslate",
			"noodp", "noydir", "nositelinkssearchbox", "indexifembedded", "unavailable_after",
			"max-snippet", "max-image-preview", "max-video-preview", "noai", "noimageai":
			certain = true
		default:
			return false
		}
	}
	return certain
}

// refresh takes a refresh. The first that is one counts, so that the header's goes
// before the page's; one in noscript is not what the page does.
func (r *Reader) refresh(value string, header bool) {
	found := Refresh(value)
	if found == nil {
		return
	}
	found.Header = header
	if r.page.Refresh == nil && r.open.state&muted == 0 {
		r.page.Refresh = found
	}
	if found.URL == "" {
		return
	}
	link := r.link(sonde.LinkRefresh, []byte(found.URL))
	if header && link != noLink {
		r.links[link].position = sonde.InHTTP
	}
}
