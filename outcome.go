package sonde

// Outcome says how a target ended. Every URL that a run's frontier learned of
// ends in exactly one.
type Outcome string

// The outcomes. Pending is the only one that may still change.
const (
	OK             Outcome = "ok"              // an answer of status 200 to 299, or 304
	Redirect       Outcome = "redirect"        // the answer points to another URL
	HTTPError      Outcome = "http_error"      // an answer of another status
	DNSError       Outcome = "dns_error"       // the name gave no address
	ConnectError   Outcome = "connect_error"   // no connection came up, or it broke before an answer
	TLSError       Outcome = "tls_error"       // the handshake or the certificate failed
	Timeout        Outcome = "timeout"         // a limit in time passed first
	ProtocolError  Outcome = "protocol_error"  // the answer is not HTTP as it should be
	RobotsBlocked  Outcome = "robots_blocked"  // robots.txt forbids the request
	BlockedAddress Outcome = "blocked_address" // the address is one this run may not dial
	Excluded       Outcome = "excluded"        // not asked for; the reason says why
	Pending        Outcome = "pending"         // not visited yet
	InternalError  Outcome = "internal_error"  // Sonde itself failed on it
)

// Outcomes lists every outcome, in the order in which summaries show them.
var Outcomes = []Outcome{
	OK, Redirect, HTTPError, DNSError, ConnectError, TLSError, Timeout, ProtocolError,
	RobotsBlocked, BlockedAddress, Excluded, Pending, InternalError,
}

// Failed reports whether the outcome means that an attempt was made and no
// usable answer came.
func (o Outcome) Failed() bool {
	switch o {
	case HTTPError, DNSError, ConnectError, TLSError, Timeout, ProtocolError, BlockedAddress, InternalError:
		return true
	}
	return false
}

// Reason says why a target was not asked for, or what kind of redirect it is.
type Reason string

// Reasons of [Excluded].
const (
	OutOfScope   Reason = "scope"         // host, domain or prefix outside the site
	TooDeep      Reason = "depth"         // further from the seed than the policy goes
	Filtered     Reason = "filter"        // an include or exclude expression decided
	OverLimit    Reason = "limit"         // a limit of the run
	Trap         Reason = "trap"          // a path shape that does not end
	TooLong      Reason = "too_long"      // longer than MaxURLLength
	BadScheme    Reason = "scheme"        // neither http nor https
	Malformed    Reason = "malformed"     // not a URL
	NofollowLink Reason = "nofollow"      // only reached by links that ask not to be followed
	FormAction   Reason = "form"          // only the action of forms, which are not submitted
	RedirectEnd  Reason = "redirect_hops" // more than MaxRedirects hops behind each other
)

// Reasons of [Redirect].
const (
	ByStatus        Reason = "status"         // a 3xx status with a Location
	ByMetaRefresh   Reason = "meta_refresh"   // <meta http-equiv=refresh>
	ByRefreshHeader Reason = "refresh_header" // the Refresh header
)

// Reasons of [RobotsBlocked].
const (
	RobotsRule        Reason = "robots_rule"        // a line of robots.txt
	RobotsUnreachable Reason = "robots_unreachable" // robots.txt answers 5xx or not at all
)

// Limits that hold for every run and are not policy.
const (
	MaxURLLength    = 2083   // characters; what Scrapy and old browsers agree on
	MaxPathSegments = 20     // segments of a path
	MaxRedirects    = 10     // hops behind each other, each its own target
	MaxLinks        = 10_000 // links kept of one page; the rest is counted
)
