package weburl

import (
	"strings"

	"sonde"
)

// Trap reports whether the path of a canonical URL looks like one that grows
// without end: more than sonde.MaxPathSegments segments, a segment more than three
// times, or one or more segments three times in a row.
func Trap(canonical string) bool {
	var room [sonde.MaxPathSegments]string
	segments, fits := pathSegments(Split(canonical).Path, room[:0])
	return !fits || crowded(segments) || repeating(segments)
}

// pathSegments appends the segments of path to those; a slash at the end begins no
// segment. It says false when there are more than those has room for.
func pathSegments(path string, those []string) ([]string, bool) {
	for rest := strings.TrimPrefix(path, "/"); rest != ""; {
		if len(those) == cap(those) {
			return those, false
		}
		segment, behind, _ := strings.Cut(rest, "/")
		those, rest = append(those, segment), behind
	}
	return those, true
}

// crowded reports whether a segment occurs more than three times.
func crowded(segments []string) bool {
	for i := 0; i+3 < len(segments); i++ {
		count := 1
		for _, other := range segments[i+1:] {
			if other == segments[i] {
				count++
			}
		}
		if count > 3 {
			return true
		}
	}
	return false
}

// repeating reports whether one or more segments occur three times in a row.
func repeating(segments []string) bool {
	for period := 1; period*3 <= len(segments); period++ {
		same := 0
		for i := period; i < len(segments); i++ {
			if segments[i] != segments[i-period] {
				same = 0
			} else if same++; same == 2*period {
				return true
			}
		}
	}
	return false
}
