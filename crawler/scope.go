package crawler

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sonde"
	"sonde/crawler/weburl"
)

// scope is a site's scope made ready to decide.
type scope struct {
	kind     sonde.ScopeKind
	places   map[string]bool // "example.org", "127.0.0.1:8080"; with ScopeDomain the registrable domains
	hosts    map[string]bool // of the seeds, without port
	prefixes []string        // with ScopePrefix: place and directory, "example.org/docs/"
	include  []*regexp.Regexp
	exclude  []*regexp.Regexp

	maxDepth int
	external bool // external URLs are checked
}

// newScope compiles the scope of a site. The error names the expression that does
// not compile, or the seed that is no URL.
func newScope(site sonde.Site) (*scope, error) {
	s := &scope{
		kind:     site.Policy.Scope.Kind,
		places:   make(map[string]bool),
		hosts:    make(map[string]bool),
		maxDepth: site.Policy.MaxDepth,
		external: site.Policy.External,
	}
	var err error
	if s.include, err = compile("include", site.Policy.Scope.Include); err != nil {
		return nil, err
	}
	if s.exclude, err = compile("exclude", site.Policy.Scope.Exclude); err != nil {
		return nil, err
	}
	if !slices.Contains([]sonde.ScopeKind{"", sonde.ScopeHost, sonde.ScopeDomain, sonde.ScopePrefix}, s.kind) {
		return nil, fmt.Errorf("scope %q is not known: use %s, %s or %s", s.kind, sonde.ScopeHost, sonde.ScopeDomain, sonde.ScopePrefix)
	}
	for _, seed := range site.Seeds {
		if place(seed) == "" {
			return nil, fmt.Errorf("seed %q is not an absolute http or https URL", seed)
		}
		s.admit(seed)
	}
	return s, nil
}

// compile compiles the expressions of one list.
func compile(list string, expressions []string) ([]*regexp.Regexp, error) {
	var compiled []*regexp.Regexp
	for i, text := range expressions {
		expression, err := regexp.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("%s expression %d, %q, does not compile: %w (the syntax is RE2)", list, i+1, text, err)
		}
		compiled = append(compiled, expression)
	}
	return compiled, nil
}

// admit lets the scope reach from one more seed.
func (s *scope) admit(seed string) {
	s.hosts[weburl.Split(seed).Host] = true
	switch s.kind {
	case sonde.ScopeDomain:
		s.places[weburl.RegistrableDomain(weburl.Split(seed).Host)] = true
	case sonde.ScopePrefix:
		s.places[place(seed)] = true
		s.prefixes = append(s.prefixes, directory(seed))
	default:
		s.places[place(seed)] = true
	}
}

// place is the host of a canonical URL, with the port where it is not the scheme's
// own: http and https of one name are one place. It is "" where there is none.
func place(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexByte(rest, '/'); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// directory is the place of a URL and its path up to the last slash.
func directory(url string) string {
	url, _, _ = strings.Cut(url, "?")
	_, rest, _ := strings.Cut(url, "://")
	return rest[:strings.LastIndexByte(rest, '/')+1]
}

// covers reports whether a URL lies on a host of the site, whatever its path.
func (s *scope) covers(url string) bool {
	if s.kind == sonde.ScopeDomain {
		host := weburl.Split(url).Host
		return s.places[host] || s.places[weburl.RegistrableDomain(host)]
	}
	return s.places[place(url)]
}

// reaches reports whether a URL belongs to the site, filters aside.
func (s *scope) reaches(url string) bool {
	if !s.covers(url) {
		return false
	}
	if s.kind != sonde.ScopePrefix {
		return true
	}
	_, rest, _ := strings.Cut(url, "://")
	return slices.ContainsFunc(s.prefixes, func(p string) bool { return strings.HasPrefix(rest, p) })
}

// filters reports whether the include and exclude expressions keep a URL out.
func (s *scope) filters(url string) bool {
	matches := func(e *regexp.Regexp) bool { return e.MatchString(url) }
	if len(s.include) > 0 && !slices.ContainsFunc(s.include, matches) {
		return true
	}
	return slices.ContainsFunc(s.exclude, matches)
}

// deep reports whether a page is further away than the policy goes.
func (s *scope) deep(depth int) bool { return s.maxDepth >= 0 && depth > s.maxDepth }

// refuses says why a target that the frontier hands out is not to be asked for:
// the policy may be another than when it was found. Filters do not apply to seeds,
// which are named one by one, nor to sitemap files.
func (s *scope) refuses(t sonde.Target) sonde.Reason {
	switch {
	case len(t.URL) > sonde.MaxURLLength:
		return sonde.TooLong
	case t.Use == sonde.Map:
		return outside(s.covers(t.URL))
	case !s.reaches(t.URL):
		return outside(t.Use == sonde.Check && s.external)
	case t.By != sonde.BySeed && s.filters(t.URL):
		return sonde.Filtered
	case t.Use == sonde.Read && s.deep(t.Depth):
		return sonde.TooDeep
	}
	return ""
}

// outside is the reason for what is not in scope.
func outside(in bool) sonde.Reason {
	if in {
		return ""
	}
	return sonde.OutOfScope
}
