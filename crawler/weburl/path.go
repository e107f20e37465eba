package weburl

import (
	"bytes"
	"strings"
)

// directory is the path up to its last slash, that one included.
func directory(path string) string {
	return path[:strings.LastIndexByte(path, '/')+1]
}

// joinPath follows the path rel from dir, which ends in a slash: it encodes what
// the standard encodes and removes dot segments.
func joinPath(dir, rel string) string {
	out := append(make([]byte, 0, len(dir)+len(rel)+16), dir...)
	for {
		slash := strings.IndexAny(rel, `/\`)
		segment := rel
		if slash >= 0 {
			segment = rel[:slash]
		}
		switch dots(segment) {
		case 1:
		case 2:
			out = parent(out)
		default:
			out = appendEncoded(out, segment, inPath)
			if slash >= 0 {
				out = append(out, '/')
			}
		}
		if slash < 0 {
			return string(out)
		}
		rel = rel[slash+1:]
	}
}

// parent cuts the last segment of a path that ends in a slash; the root is its own
// parent.
func parent(path []byte) []byte {
	if len(path) <= 1 {
		return path
	}
	return path[:bytes.LastIndexByte(path[:len(path)-1], '/')+1]
}

// dots counts the dots, plain or percent-encoded, of a segment that is made of
// nothing else; 0 where it is made of anything else or of more than two.
func dots(segment string) int {
	n := 0
	for segment != "" {
		if n == 2 {
			return 0
		}
		if segment[0] == '.' {
			segment = segment[1:]
		} else if octet, ok := escape(segment); ok && octet == '.' {
			segment = segment[3:]
		} else {
			return 0
		}
		n++
	}
	return n
}
