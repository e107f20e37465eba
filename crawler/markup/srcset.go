package markup

import (
	"bytes"

	"sonde"
)

// srcset notes the candidates of a srcset or imagesrcset attribute, split by the
// HTML Standard (4.8.4.3.10): a URL may hold commas, and ends at white space or in
// commas; its descriptors end at a comma outside of parentheses.
func (r *Reader) srcset(a attribute) {
	list, ok := r.value(a)
	for ok {
		var ref []byte
		ref, list = nextCandidate(list)
		if ref == nil {
			return
		}
		r.link(sonde.LinkSrcset, ref)
	}
}

// nextCandidate cuts the first candidate's URL off a list, nil at its end.
func nextCandidate(list []byte) (ref, rest []byte) {
	for len(list) > 0 && (isSpace(list[0]) || list[0] == ',') {
		list = list[1:]
	}
	if len(list) == 0 {
		return nil, nil
	}
	end := 0
	for end < len(list) && !isSpace(list[end]) {
		end++
	}
	ref, rest = list[:end], list[end:]
	if ref[end-1] == ',' {
		return bytes.TrimRight(ref, ","), rest
	}
	return ref, afterDescriptors(rest)
}

// afterDescriptors passes over the descriptors of a candidate and their comma.
func afterDescriptors(list []byte) []byte {
	inside := false
	for i, c := range list {
		switch {
		case c == '(':
			inside = true
		case c == ')':
			inside = false
		case c == ',' && !inside:
			return list[i+1:]
		}
	}
	return nil
}
