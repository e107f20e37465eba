package sonde

import "time"

// Change is one thing that differs between a run and an earlier one.
type Change struct {
	Subject string // the URL, or on the network side the host, with the port where it is one port
	What    What
	Old     string // as it was; "" for nothing
	New     string // as it is; "" for nothing
	At      time.Time
}

// What says what changed of a subject.
type What string

// What changes of a URL.
const (
	PageNew  What = "new"  // it answers, and no earlier run of the site got an answer; old and new are statuses
	PageBack What = "back" // it answers again, and the run before got no answer
	PageGone What = "gone" // it answered, and now answers with an error, not at all, or nothing leads there

	StatusChanged       What = "status"        // HTTP status, failure or outcome
	RedirectChanged     What = "redirect_to"   // where it leads
	IndexabilityChanged What = "indexability"  // whether a search engine would take it (Indexing)
	HeadersChanged      What = "headers"       // JSON arrays of the header lines [name, value] that only one has
	TypeChanged         What = "content_type"  //
	CharsetChanged      What = "charset"       //
	TitleChanged        What = "title"         //
	DescriptionChanged  What = "description"   //
	H1Changed           What = "h1"            //
	HeadingsChanged     What = "headings"      // JSON arrays of [level, text]; the h1 stayed
	LangChanged         What = "lang"          //
	ViewportChanged     What = "viewport"      //
	CanonicalChanged    What = "canonical"     //
	RobotsMetaChanged   What = "robots_meta"   // directives of meta elements and X-Robots-Tag
	HreflangChanged     What = "hreflang"      // JSON
	OpenGraphChanged    What = "open_graph"    // JSON
	SchemaChanged       What = "schema_types"  // JSON array of the types of structured data
	TextChanged         What = "text"          // the visible text; old and new count its words
	LinksAdded          What = "links_added"   // JSON array of up to 100 URLs that the page did not lead to
	LinksRemoved        What = "links_removed" // JSON array of up to 100 URLs that it no longer leads to
	BodyChanged         What = "body"          // the content, in nothing that is named above; old and new are sizes, and versions where only those differ
)

// What changes of a host.
const (
	RobotsTxtChanged   What = "robots_txt"  // the text, or the status or failure where none came
	DNSChanged         What = "dns"         // the records of one type
	PortChanged        What = "port"        // whether it is open
	ServiceChanged     What = "service"     // what answers on an open port
	CertificateChanged What = "certificate" // or the verdict on it
)
