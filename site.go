package sonde

import (
	"net/netip"
	"slices"
	"time"
)

// Site is a registered crawl target.
type Site struct {
	ID     int64
	Name   string   // unique among the sites of a file
	Seeds  []string // canonical URLs
	Policy Policy
}

// ScopeKind says how far a site reaches from its seeds.
type ScopeKind string

// The kinds of scope.
const (
	ScopeHost   ScopeKind = "host"   // the hosts of the seeds
	ScopeDomain ScopeKind = "domain" // the registrable domains of the seeds (public suffix list)
	ScopePrefix ScopeKind = "prefix" // the directories of the seeds
)

// Scope says which URLs belong to a site. Include and Exclude are regular
// expressions (RE2) over the whole canonical URL: a URL in reach is in scope when
// it matches one of Include (or Include is empty) and none of Exclude.
type Scope struct {
	Kind    ScopeKind `json:"kind"`
	Include []string  `json:"include,omitempty"`
	Exclude []string  `json:"exclude,omitempty"`
}

// Policy is everything that a run may be told. [DefaultPolicy] is polite.
// Zero means no limit for MaxDepth (below zero), MaxPages, MaxTime, MaxBytes and
// Rate, as each field says.
type Policy struct {
	Scope Scope `json:"scope"`

	MaxDepth int           `json:"max_depth"` // clicks from a seed; below 0: no limit
	MaxPages int           `json:"max_pages"` // fetched targets, sitemap files aside; 0: no limit
	MaxTime  time.Duration `json:"max_time"`  // of the whole run; 0: no limit
	MaxBytes int64         `json:"max_bytes"` // received in the whole run; 0: no limit

	Concurrency int     `json:"concurrency"` // requests at once, over all hosts
	PerHost     int     `json:"per_host"`    // requests at once on one host and port
	Rate        float64 `json:"rate"`        // requests a second on one host and port; 0: no limit

	Robots         RobotsPolicy `json:"robots"`
	FollowNofollow bool         `json:"follow_nofollow"` // follow links that say rel=nofollow
	Sitemaps       bool         `json:"sitemaps"`        // read sitemaps
	External       bool         `json:"external"`        // check external links, once each
	Bodies         bool         `json:"bodies"`          // keep bodies
	DropParams     []string     `json:"drop_params"`     // query parameters removed from URLs; a trailing * matches any rest

	UserAgent string              `json:"user_agent"`
	Headers   map[string][]string `json:"headers,omitempty"`
	Proxy     string              `json:"proxy,omitempty"` // http, https or socks5 URL, without its password
	AllowNets []netip.Prefix      `json:"allow_nets,omitempty"`
	Insecure  bool                `json:"insecure"` // accept certificates that do not verify

	Timeouts Timeouts `json:"timeouts"`
	MaxBody  int64    `json:"max_body"` // bytes of a body on the wire; decoded twice as many
	Retries  int      `json:"retries"`  // of what is transient

	Probe Probing `json:"probe"`

	RulesDir   string             `json:"rules_dir,omitempty"`  // a folder of rules, asked besides those of the program
	Thresholds map[string]float64 `json:"thresholds,omitempty"` // of rules, by "title.too_long.characters"
}

// Probing says what a run asks of its hosts besides what crawling takes.
type Probing string

// The ways to probe.
const (
	ProbeOff   Probing = "off"   // nothing more
	ProbeDNS   Probing = "dns"   // the DNS, about the hosts in scope and names that did not resolve
	ProbePorts Probing = "ports" // and the ports of the hosts in scope
)

// SameReach reports whether two policies decide alike which URLs to ask for and what
// to keep of them, whatever pace and limits they set.
func (p Policy) SameReach(q Policy) bool {
	return p.Scope.Kind == q.Scope.Kind && slices.Equal(p.Scope.Include, q.Scope.Include) &&
		slices.Equal(p.Scope.Exclude, q.Scope.Exclude) && p.MaxDepth == q.MaxDepth && p.Robots == q.Robots &&
		p.FollowNofollow == q.FollowNofollow && p.External == q.External && p.Bodies == q.Bodies &&
		p.MaxBody == q.MaxBody && slices.Equal(p.DropParams, q.DropParams)
}

// RobotsPolicy says what robots.txt means to a run.
type RobotsPolicy string

// The robots policies.
const (
	ObeyRobots   RobotsPolicy = "obey"
	IgnoreRobots RobotsPolicy = "ignore"
)

// Timeouts bounds the phases of one request.
type Timeouts struct {
	Connect   time.Duration `json:"connect"`    // name, TCP and TLS, each
	FirstByte time.Duration `json:"first_byte"` // from the request to the end of the header
	Idle      time.Duration `json:"idle"`       // between two reads of the body
	Total     time.Duration `json:"total"`      // of one attempt
}

// DefaultPolicy is the policy of a site that says nothing: polite, complete, and
// bounded where the web is hostile.
func DefaultPolicy() Policy {
	return Policy{
		Scope:       Scope{Kind: ScopeHost},
		MaxDepth:    -1,
		Concurrency: 64,
		PerHost:     4,
		Rate:        10,
		Robots:      ObeyRobots,
		Sitemaps:    true,
		Bodies:      true,
		DropParams:  TrackingParams,
		Timeouts: Timeouts{
			Connect:   10 * time.Second,
			FirstByte: 20 * time.Second,
			Idle:      15 * time.Second,
			Total:     120 * time.Second,
		},
		MaxBody: 16 << 20,
		Retries: 2,
		Probe:   ProbeDNS,
	}
}

// TrackingParams are the query parameters that carry a visitor or a session and
// never choose what a page says. A trailing * matches any rest.
var TrackingParams = []string{
	"utm_*", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "yclid",
	"twclid", "ttclid", "li_fat_id", "igshid", "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc",
	"_hsmi", "hsctatracking", "mkt_tok", "vero_id", "oly_anon_id", "oly_enc_id", "rb_clickid",
	"s_cid", "wickedid", "phpsessid", "jsessionid", "aspsessionid*", "sessionid", "session_id",
	"sid", "cfid", "cftoken",
}
