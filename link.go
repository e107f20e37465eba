package sonde

// Link is an edge from a page to a URL.
type Link struct {
	URL      string // canonical target; where Reason is set, the text as it stood, cut at MaxURLLength
	Host     string // of the target, "" where there is none
	Original string // the absolute URL before canonical form changed it, "" when it did not
	Fragment string // without the #, percent-encoding as it stood
	Kind     LinkKind
	Anchor   string // text, image alternative or label; white space collapsed, at most MaxAnchor characters
	Rel      string // lower-case tokens, one space between
	Position Position
	Nofollow bool   // rel nofollow, ugc or sponsored, or the page says so for all
	Internal bool   // the target is in the site's scope
	Reason   Reason // Malformed, BadScheme or TooLong: the target is no URL to fetch
}

// LinkKind is the element or header that makes a link.
type LinkKind string

// The kinds of link.
const (
	LinkA          LinkKind = "a"
	LinkArea       LinkKind = "area"
	LinkImg        LinkKind = "img"
	LinkSrcset     LinkKind = "srcset"
	LinkScript     LinkKind = "script"
	LinkStyle      LinkKind = "css"
	LinkIframe     LinkKind = "iframe"
	LinkFrame      LinkKind = "frame"
	LinkForm       LinkKind = "form"
	LinkMedia      LinkKind = "media"      // video, audio, source, track, embed, object, poster
	LinkCanonical  LinkKind = "canonical"  //
	LinkAlternate  LinkKind = "alternate"  // link rel=alternate: languages and feeds
	LinkNext       LinkKind = "next"       //
	LinkPrev       LinkKind = "prev"       //
	LinkAMP        LinkKind = "amp"        //
	LinkIcon       LinkKind = "icon"       //
	LinkManifest   LinkKind = "manifest"   //
	LinkPreload    LinkKind = "preload"    // preload, modulepreload, prefetch
	LinkOther      LinkKind = "link"       // another link element that names a document
	LinkHeader     LinkKind = "header"     // the Link header (RFC 8288), of a kind not named above
	LinkRedirect   LinkKind = "redirect"   // Location
	LinkRefresh    LinkKind = "refresh"    // meta refresh or Refresh header
	LinkBackground LinkKind = "background" // the background attribute, SVG image and use
)

// Resource reports whether a link of this kind embeds its target into the page
// rather than leading to it.
func (k LinkKind) Resource() bool {
	switch k {
	case LinkImg, LinkSrcset, LinkScript, LinkStyle, LinkMedia, LinkIcon, LinkManifest,
		LinkPreload, LinkBackground:
		return true
	}
	return false
}

// Position is the landmark of the page that a link stands in.
type Position string

// The positions.
const (
	InHead   Position = "head"
	InNav    Position = "nav"
	InHeader Position = "header"
	InMain   Position = "main"
	InAside  Position = "aside"
	InFooter Position = "footer"
	InBody   Position = "body"        // none of the others
	InHTTP   Position = "http_header" // the response's header
)
