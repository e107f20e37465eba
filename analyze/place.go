package analyze

import (
	"net/url"
	"strings"

	"sonde/store"
)

// place is what a fragment may be called on the page that it points to: as it stands
// or in another way, such as with its percent-encoding undone. Everywhere is one that needs
// no id.
type place struct {
	everywhere     bool
	written, other string
}

func (p place) on(ids store.IDs) bool {
	return p.everywhere || ids.Has(p.written) || p.other != p.written && ids.Has(p.other)
}

// placeOf reads a fragment by the rules of the HTML standard for finding the indicated
// part of a document. What begins with ! or / is for a script, and so is a range of lines,
// 12-34, which needs the first of them.
func placeOf(fragment string) place {
	fragment, _, _ = strings.Cut(fragment, ":~:")
	if fragment == "" || strings.EqualFold(fragment, "top") || fragment[0] == '!' || fragment[0] == '/' {
		return place{everywhere: true}
	}
	if first, last, ranged := strings.Cut(fragment, "-"); ranged && isNumber(first) && isNumber(last) {
		return place{written: fragment, other: first}
	}
	p := place{written: fragment, other: fragment}
	if undone, err := url.PathUnescape(fragment); err == nil {
		p.other = undone
	}
	return p
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
