package robots

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"sonde"
)

// Rules are the rules of a robots.txt for one product token, ready to decide.
// They do not change and may be shared.
type Rules struct {
	allows    tree
	disallows tree
	forbidden bool // everything is, without a rule
	delay     time.Duration
}

// Decision says whether a URL may be asked for, and which line decided: Line 0
// and Rule "" when none did.
type Decision struct {
	Allowed bool
	Line    int    // counted from 1
	Rule    string // the line as it stood, without its comment
}

// AllowAll gives rules that allow everything.
func AllowAll() *Rules { return &Rules{} }

// DisallowAll gives rules that allow nothing.
func DisallowAll() *Rules { return &Rules{forbidden: true} }

// CrawlDelay is the time to wait between two requests that the file asks for, at
// most a day, 0 when it asks for none.
func (r *Rules) CrawlDelay() time.Duration { return r.delay }

// Decide says whether a URL may be asked for. The rule with the most octets wins,
// and among equals Allow (RFC 9309, section 2.2.2). robots.txt itself is judged
// like any page; it is read without asking here, as the RFC wants it to be.
func (r *Rules) Decide(canonicalURL string) Decision {
	if r.forbidden {
		return Decision{}
	}
	path := pathOf(canonicalURL)
	plain := path
	if !settled(path) {
		path, plain = rewriteURL(path, written), rewriteURL(path, decoded)
	}
	yes, no := r.allows.best(path), r.disallows.best(plain)
	switch {
	case no != nil && (yes == nil || yes.octets < no.octets):
		return Decision{Line: no.line, Rule: no.text}
	case yes != nil:
		return Decision{Allowed: true, Line: yes.line, Rule: yes.text}
	}
	return Decision{Allowed: true}
}

// pathOf gives the path and query of a URL, the part that rules speak of.
func pathOf(url string) string {
	if i := strings.IndexByte(url, '#'); i >= 0 {
		url = url[:i]
	}
	if !strings.HasPrefix(url, "/") {
		_, afterScheme, found := strings.Cut(url, "://")
		start := strings.IndexAny(afterScheme, "/?")
		if !found || start < 0 {
			return "/"
		}
		url = afterScheme[start:]
	}
	if url[0] == '?' {
		return "/" + url
	}
	return url
}

// rule is one compiled line.
type rule struct {
	pattern
	octets int // of the pattern, which is what makes one rule stronger than another
	line   int
	text   string
}

// compile makes rules of lines. What it keeps are copies, so that the file's text
// can go.
func compile(lines []line, wait time.Duration) *Rules {
	var allows, disallows []rule
	for _, l := range lines {
		text := clip(printable(l.text), sonde.MaxText)
		octets := len(rewritePattern(l.value, decoded))
		if !l.allow {
			disallows = append(disallows, newRule(rewritePattern(l.value, decoded), octets, l.number, text))
			continue
		}
		source := rewritePattern(l.value, written)
		allows = append(allows, newRule(source, octets, l.number, text))
		if folder, ok := indexFolder(source); ok {
			allows = append(allows, newRule(folder, len(rewritePattern(folder, decoded)), l.number, text))
		}
	}
	return &Rules{allows: plant(allows), disallows: plant(disallows), delay: wait}
}

func newRule(source string, octets, line int, text string) rule {
	return rule{pattern: compilePattern(source), octets: octets, line: line, text: text}
}

// indexFolder gives the pattern of the folder that a pattern of an index page
// also stands for: who allows /shop/index.html allows /shop/.
func indexFolder(source string) (string, bool) {
	slash := strings.LastIndexByte(source, '/')
	if slash < 0 || !strings.HasPrefix(source[slash:], "/index.htm") {
		return "", false
	}
	return source[:slash+1] + "$", true
}

// tree holds rules by the literal octets they begin with, so that a path meets
// only the rules whose beginning it has.
type tree struct {
	nodes []node // in the order of their prefixes
}

// node holds the rules with one prefix.
type node struct {
	prefix string
	rules  []rule // the strongest first
	parent int    // index of the node with the longest prefix of prefix, -1 for none
	reach  int    // octets of the strongest rule here and in all ancestors
}

// plant makes a tree of rules.
func plant(rules []rule) tree {
	slices.SortStableFunc(rules, func(a, b rule) int {
		return cmp.Or(strings.Compare(a.prefix, b.prefix), cmp.Compare(b.octets, a.octets))
	})
	var t tree
	for len(rules) > 0 {
		n := 1
		for n < len(rules) && rules[n].prefix == rules[0].prefix {
			n++
		}
		t.add(rules[:n])
		rules = rules[n:]
	}
	return t
}

// add puts the rules of the next prefix, in order, behind those already there.
func (t *tree) add(rules []rule) {
	n := node{prefix: rules[0].prefix, rules: rules, parent: len(t.nodes) - 1, reach: rules[0].octets}
	for n.parent >= 0 && !strings.HasPrefix(n.prefix, t.nodes[n.parent].prefix) {
		n.parent = t.nodes[n.parent].parent
	}
	if n.parent >= 0 {
		n.reach = max(n.reach, t.nodes[n.parent].reach)
	}
	t.nodes = append(t.nodes, n)
}

// best gives the strongest rule that matches path, the first among equals of one
// prefix, nil when none does. Every prefix of path that the tree holds is the last
// prefix not behind path in the order, or one of its ancestors.
func (t *tree) best(path string) *rule {
	at := sort.Search(len(t.nodes), func(i int) bool { return t.nodes[i].prefix > path }) - 1
	for at >= 0 && !strings.HasPrefix(path, t.nodes[at].prefix) {
		at = t.nodes[at].parent
	}
	var best *rule
	for at >= 0 && (best == nil || best.octets < t.nodes[at].reach) {
		n := &t.nodes[at]
		if found := n.strongest(path); found != nil && (best == nil || best.octets < found.octets) {
			best = found
		}
		at = n.parent
	}
	return best
}

// strongest gives the first rule of the node that matches a path with its prefix.
func (n *node) strongest(path string) *rule {
	for i := range n.rules {
		if n.rules[i].match(path) {
			return &n.rules[i]
		}
	}
	return nil
}
