package sonde

import (
	"net/netip"
	"time"
)

// Visit is all that one target gave. It is a plain value: it can be encoded, sent
// and recorded elsewhere, and recording it twice is harmless.
type Visit struct {
	Run        int64
	Target     Target
	Outcome    Outcome
	Failure    Failure
	Reason     Reason
	Detail     string // what failed, in words, for people; no control characters
	RedirectTo string // canonical URL, where the outcome is Redirect
	Attempts   int    // requests made, retries included
	At         time.Time

	Index Indexing // whether a search engine would take it

	Fetch   *Fetch   // nil when no answer came; with Status 0 when all that came is a certificate that does not verify
	Page    *Page    // nil when the answer is not a page that was read
	Sitemap *Sitemap // nil when the answer is not a sitemap that was read
	Links   []Link   // of the page, in document order, at most MaxLinks
	Found   []Target // the distinct targets of Links and of the redirect
}

// Fetch is the HTTP part of a visit: one request and its answer.
type Fetch struct {
	Status      int
	HTTPVersion string // "HTTP/1.1", "HTTP/2.0"
	Header      []HeaderField
	HeaderCut   bool // more header fields came than are kept

	ContentType  string // the media type, lower case, without parameters
	Sniffed      string // the media type that the body shows, where it is of another kind than ContentType says; "" where it agrees
	Charset      string // the encoding that the body was read in, as WHATWG names it
	CharsetFrom  CharsetSource
	CharsetSeen  string // what the bytes themselves look like: "ascii", "utf-8", "other"; "" where the body was not read as a page
	ETag         string
	LastModified string
	Encoding     string        // Content-Encoding as it came, lower case; "" without one
	Fresh        time.Duration // how long a browser may use the answer without asking again (RFC 9111, 4.2.1); negative where it does not say
	BlockedBy    Blocker       // what stood in the way of the content, as far as the answer shows; "" for nothing

	Body        []byte   // decoded of its Content-Encoding, in its own charset; nil when not kept
	BodySHA256  [32]byte // of Body; zero when the body was not read to its end
	WireBytes   int64    // received body, before decoding
	BodyBytes   int64    // decoded; where the body was only measured, what Content-Length says, -1 when unknown
	Truncated   bool     // the body is cut: by a limit, or by the peer
	NotModified bool     // a 304: Body and Page are those of the run before

	Remote netip.AddrPort // who answered (the proxy, where one is used)
	TLS    *TLSFacts      // nil without TLS
	Timing Timing
}

// Blocker is what an answer shows to stand in the way of the content. What is
// blocked is not broken: people with a browser may well see it.
type Blocker string

// The blockers.
const (
	BlockedByWall   Blocker = "waf"        // a challenge or a refusal meant for robots
	BlockedByRate   Blocker = "rate_limit" // too many requests, or out of service for a stated while
	BlockedByLogin  Blocker = "auth"       // who asks is to log in
	BlockedByLaw    Blocker = "legal"      // 451 (RFC 7725)
	BlockedByPortal Blocker = "portal"     // the network itself asks for a login: 511 (RFC 6585)
)

// Sitemap is what a sitemap file says of itself.
type Sitemap struct {
	Kind     string // "urlset", "index", "text", "rss", "atom"; "" when it is none of these
	Entries  int    // URLs of pages, as far as they were read
	Children int    // other sitemaps that it names
	Fault    string // the first thing that is wrong with it, "" for nothing
}

// Timing is how long the phases of a fetch took. DNS, Connect and TLS are zero on
// a connection that was open already; FirstByte counts from the request.
type Timing struct {
	DNS, Connect, TLS, FirstByte, Total time.Duration
}

// CharsetSource says where a page's encoding was read from, in the order in which
// the sources are believed.
type CharsetSource string

// The sources of a charset.
const (
	FromBOM     CharsetSource = "bom"
	FromHeader  CharsetSource = "header"
	FromMeta    CharsetSource = "meta"
	FromContent CharsetSource = "guess"
	FromDefault CharsetSource = "default"
)

// Indexing says whether a search engine would take a page, and if not, why. It is
// empty where the question makes no sense: nothing was asked, or the answer is not
// a page.
type Indexing string

// The verdicts.
const (
	Indexable      Indexing = "ok"
	NotOKStatus    Indexing = "status"          // the status is not 200
	NotFinal       Indexing = "redirect"        // it leads elsewhere
	NoindexMeta    Indexing = "noindex_meta"    // a robots meta element says so
	NoindexHeader  Indexing = "noindex_header"  // X-Robots-Tag says so
	CanonicalOther Indexing = "canonical_other" // its canonical is another URL
	BlockedRobots  Indexing = "robots"          // robots.txt forbids reading it
	NotHTML        Indexing = "not_html"        // the answer is not a page
)
