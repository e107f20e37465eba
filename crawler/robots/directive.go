package robots

import "strings"

// directive is what a line of robots.txt is about.
type directive int

const (
	unknown directive = iota
	userAgent
	allow
	disallow
	crawlDelay
	sitemap
)

// directives are the known ones with their proper names.
var directives = []struct {
	is       directive
	name     string
	squeezed string
	lenient  bool // one slip is accepted, not only reported
}{
	{userAgent, "user-agent", squeeze("user-agent"), true},
	{disallow, "disallow", squeeze("disallow"), true},
	{allow, "allow", squeeze("allow"), false},
	{sitemap, "sitemap", squeeze("sitemap"), true},
	{crawlDelay, "crawl-delay", squeeze("crawl-delay"), true},
}

// spelling says what the name of a line means and how well it is written.
type spelling struct {
	is     directive
	proper string // the proper name when the line's is misspelt or nearly known, else ""
}

// spell finds the directive that a name stands for. Separators and doubled
// letters do not count ("useragent", "dissalow"), nor does one slip: a letter
// wrong, missing, too many, or two swapped ("diasllow"). A slip in Allow is not
// forgiven: to guess there would be to go where nobody said we may.
func spell(name string) spelling {
	name = strings.ToLower(name)
	squeezed := squeeze(name)
	for _, d := range directives {
		switch {
		case name == d.name:
			return spelling{is: d.is}
		case squeezed == d.squeezed, d.lenient && oneSlip(squeezed, d.squeezed):
			return spelling{is: d.is, proper: d.name}
		}
	}
	return spelling{proper: nearest(squeezed)}
}

// nearest gives the name that an unknown one was probably meant to be, else "".
func nearest(squeezed string) string {
	for _, d := range directives {
		if oneSlip(squeezed, d.squeezed) {
			return d.name
		}
	}
	return ""
}

// squeeze takes separators and doubled letters out of a name.
func squeeze(name string) string {
	out := make([]byte, 0, 16)
	for i := range len(name) {
		b := name[i]
		if b == '-' || b == '_' || b == ' ' || b == '\t' {
			continue
		}
		if len(out) == 0 || out[len(out)-1] != b {
			out = append(out, b)
		}
	}
	return string(out)
}

// oneSlip reports whether a and b are equal but for one letter wrong, missing or
// too many, or two neighbours swapped.
func oneSlip(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 2 && len(b) == 2 {
		return a[0] == b[1] && a[1] == b[0]
	}
	return len(a) <= 1 && len(b) <= 1
}
