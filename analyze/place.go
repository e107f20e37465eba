package analyze

import (
	"net/url"
	"strings"

	"sonde/store"
)

// place is what a fragment may be called on the page that it points to: as it stands,
// or with its percent-encoding undone. Everywhere is one that needs no id.
type place struct {
	everywhere      bool
	written, undone string
}

func (p place) on(ids store.IDs) bool {
	return p.everywhere || ids.Has(p.written) || p.undone != p.written && ids.Has(p.undone)
}

// placeOf reads a fragment by the rules of the HTML standard for finding the indicated
// part of a document. What begins with ! or / is for a script.
func placeOf(fragment string) place {
	fragment, _, _ = strings.Cut(fragment, ":~:")
	if fragment == "" || strings.EqualFold(fragment, "top") || fragment[0] == '!' || fragment[0] == '/' {
		return place{everywhere: true}
	}
	p := place{written: fragment, undone: fragment}
	if undone, err := url.PathUnescape(fragment); err == nil {
		p.undone = undone
	}
	return p
}
