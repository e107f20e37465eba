package sonde

// Use says what a target is fetched for.
type Use string

// The uses.
const (
	Read    Use = "read"    // a page of the site: fetched, parsed, its links followed
	Measure Use = "measure" // a resource of the site: status, type and size, without the whole body
	Check   Use = "check"   // an external URL: does it answer?
	Map     Use = "map"     // a sitemap file: parsed for its entries
)

// Origin of a target: what told the frontier of it.
type Discovery string

// The discoveries, best first: the order is the order of priority among equals.
const (
	BySeed     Discovery = "seed"
	ByRedirect Discovery = "redirect"
	BySitemap  Discovery = "sitemap"
	ByLink     Discovery = "link"
)

// Target is one entry that the frontier hands out, or one that a visit found for
// it. A found target with a Reason is not to be fetched: the frontier records it
// as Excluded (or, with a Robots reason, as RobotsBlocked) and does not hand it
// out.
//
// A URL may be found many times. The first finding stands, with two exceptions:
// one that was Excluded and is found again without a Reason becomes pending after
// all (it was out of reach on the one way, such as a nofollow link, a form or too
// many clicks, and is in reach on the other), and one that is pending as Measure
// and is found again as Read is handed out as Read. A finding BySitemap, with
// another Use than Map, also means that the URL is listed in a sitemap.
type Target struct {
	URL      string    // canonical; for BadScheme and Malformed the text as it stood
	Host     string    // lower-case ASCII name or address literal, "" where there is none
	Use      Use       //
	By       Discovery //
	FoundOn  string    // canonical URL of the visit that found it; "" for seeds and for sitemap files looked for in the usual places
	Depth    int       // clicks from a seed; a sitemap's entries count as one click away, and of a Map it is how many indexes led to it
	Hops     int       // redirects followed in a row to get here
	Chain    int       // ancestors in a row with the same path shape: how traps show themselves
	LastMod  string    // what the sitemap that lists it says of its last change, as it stood
	Reason   Reason    // why it is not fetched, "" when it is
	Deaths   int       // processes that died while it was out
	Previous *Previous // what the run before kept of it, nil when nothing
}

// Previous is what a run may know of a URL from the run before: the validators
// for a conditional request (RFC 9110, section 13), and what a 304 is compared with.
type Previous struct {
	ETag         string
	LastModified string
	BodySHA256   [32]byte      // of the body that is stored already
	Header       []HeaderField // of its answer, sorted by name, without what is volatile; shared by many URLs
}
