package sonde

// Page is the HTML part of a visit: what one pass over the bytes tells. Texts
// have their white space collapsed and are cut at MaxText characters; counts go on.
type Page struct {
	Title       string // the first title
	TitleCount  int    // of title elements outside svg
	TitleInBody bool   // a title came after the head was over

	Description      string // the first meta description
	DescriptionCount int

	Headings    []Heading // h1 to h6 in document order, at most MaxHeadings
	H1Count     int
	HeadingSkip bool // a level rises by more than one

	Lang     string // of the html element
	Base     string // the URL that relative links are resolved against
	Viewport string
	Robots   []RobotsMeta // meta and header, in that order
	Refresh  *Refresh     // meta refresh, or the Refresh header

	Canonicals  []Canonical   // every rel=canonical, HTML and header
	Alternates  []Alternate   // every hreflang
	OpenGraph   []HeaderField // og:* and twitter:* in document order, at most MaxMeta
	SchemaTypes []string      // types of structured data: JSON-LD @type, itemtype, typeof
	SchemaBad   int           // JSON-LD blocks that are not JSON

	WordCount int    // of visible text
	TextHash  uint64 // of visible text, white space collapsed, case folded; 0 without text
	SimHash   uint64 // 64 bits over 3-word shingles (Charikar 2002); 0 without text

	Images, ImagesNoAlt            int
	Forms, InsecureForms           int      // insecure: the action is http, or a password on an http page
	Passwords                      int      // password inputs
	MixedActive, MixedPassive      int      // what an https page embeds over http: scripts, styles, frames and manifests; pictures, sound and icons
	Scripts, InlineScripts, Styles int      // scripts (blocks of data are none), those without src; style elements and linked sheets
	Elements, DepthMax             int      // start tags; deepest nesting of open elements
	LinkCount                      int      // all links, beyond MaxLinks too
	IDs                            []string // id and name anchors that fragments can point to, at most MaxIDs
	DuplicateIDs                   int      // ids, of those kept, that an element before has already
	Replaced                       int      // U+FFFD in the source: what its charset could not decode, or what was lost before

	HeadClosedBy string // the element that ended the head early while metadata still followed, "#text" for text, "" if none
	ParseMode    ParseMode
}

// Bounds on what is kept of one page. What is beyond is counted, not kept.
const (
	MaxText     = 2_000
	MaxHeadings = 50
	MaxMeta     = 100
	MaxIDs      = 100_000 // a page that has more is not asked whether it has the place that a link points to
	MaxAnchor   = 200     // characters of a link's text
)

// ParseMode says how a page was read.
type ParseMode string

// The ways to read a page.
const (
	Parsed   ParseMode = "tokens"  // in one pass, whole
	CutShort ParseMode = "partial" // a limit on work ended the pass early
)

// Heading is one h1 to h6.
type Heading struct {
	Level int    `json:"level"`
	Text  string `json:"text"`
}

// RobotsMeta is one robots directive list: a meta element or an X-Robots-Tag
// header, and the agent it speaks to ("" for all).
type RobotsMeta struct {
	Agent  string `json:"agent,omitempty"`
	Value  string `json:"value"`
	Header bool   `json:"header,omitempty"`
}

// Refresh is a parsed refresh: wait, then go. URL is "" for the page itself and
// otherwise as it stood, unresolved.
type Refresh struct {
	Seconds int
	URL     string
	Header  bool
}

// Canonical is one declared canonical URL.
type Canonical struct {
	Raw    string `json:"raw"`
	URL    string `json:"url"` // canonical form, "" when Raw does not parse
	Header bool   `json:"header,omitempty"`
	InBody bool   `json:"in_body,omitempty"`
}

// Alternate is one hreflang: the same page in another language.
type Alternate struct {
	Lang   string `json:"lang"`
	URL    string `json:"url"`
	Header bool   `json:"header,omitempty"`
}
