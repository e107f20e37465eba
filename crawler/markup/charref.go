package markup

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf8"
)

// decodeRefs appends text to dst with its character references replaced, by the
// rules of the HTML Standard (13.2.5.72 and on). In the value of an attribute a
// name without its semicolon stands for itself when a letter, a digit or an
// equals sign follows, so that "?a=1&copy=2" stays a query.
func decodeRefs(dst, text []byte, inAttribute bool) []byte {
	for {
		at := bytes.IndexByte(text, '&')
		if at < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:at]...)
		text = text[at+1:]
		var used int
		if len(text) > 0 && text[0] == '#' {
			dst, used = decodeNumber(dst, text)
		} else {
			dst, used = decodeName(dst, text, inAttribute)
		}
		text = text[used:]
	}
}

// decodeNumber appends the character of a numeric reference, whose text begins
// with '#', and says how many bytes of it were used.
func decodeNumber(dst, text []byte) ([]byte, int) {
	i, base := 1, rune(10)
	if i < len(text) && text[i]|0x20 == 'x' {
		i, base = 2, 16
	}
	start, r := i, rune(0)
	for ; i < len(text); i++ {
		d, ok := digitOf(text[i], base)
		if !ok {
			break
		}
		r = min(r*base+d, utf8.MaxRune+1)
	}
	if i == start {
		return append(dst, '&'), 0
	}
	if i < len(text) && text[i] == ';' {
		i++
	}
	return utf8.AppendRune(dst, numbered(r)), i
}

func digitOf(c byte, base rune) (rune, bool) {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0'), true
	case base == 16 && 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10, true
	}
	return 0, false
}

// windows1252 is what the bytes 80 to 9F mean in that encoding.
var windows1252 = [32]rune{
	0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
}

// numbered is the character that a number stands for: those of windows-1252 for
// 80 to 9F, and U+FFFD for what is no character.
func numbered(r rune) rune {
	switch {
	case 0x80 <= r && r <= 0x9F:
		return windows1252[r-0x80]
	case r == 0, !utf8.ValidRune(r):
		return utf8.RuneError
	}
	return r
}

// longestName is the length of the longest name of a character, without '&' and ';'.
const longestName = len("CounterClockwiseContourIntegral")

// decodeName appends the characters of a named reference, whose name begins text,
// and says how many bytes of it were used. The few names that most pages use are
// decided here; the standard library knows the others.
func decodeName(dst, text []byte, inAttribute bool) ([]byte, int) {
	n := 0
	for n < len(text) && n < longestName && kinds[text[n]]&(letter|digit) != 0 {
		n++
	}
	if n == 0 {
		return append(dst, '&'), 0
	}
	if n == len(text) || text[n] != ';' {
		return decodeUnended(dst, text, n, inAttribute)
	}
	if common := commonName(text[:n]); common != "" {
		return append(dst, common...), n + 1
	}
	decoded := html.UnescapeString("&" + string(text[:n+1]))
	if inAttribute && !isWhole(decoded, text[:n]) {
		return append(dst, '&'), 0
	}
	return append(dst, decoded...), n + 1
}

// isWhole reports whether all of an ended name was replaced, not only its first
// letters: then no semicolon is left, unless it is the one that &semi; stands for.
func isWhole(decoded string, name []byte) bool {
	return !strings.HasSuffix(decoded, ";") || string(name) == "semi"
}

// decodeUnended is decodeName for a name of n bytes without a semicolon. The
// names that may stand so, and they alone, are one character each.
func decodeUnended(dst, text []byte, n int, inAttribute bool) ([]byte, int) {
	decoded := html.UnescapeString("&" + string(text[:n]))
	whole := utf8.RuneCountInString(decoded) == 1
	if inAttribute && (!whole || n < len(text) && (text[n] == '=' || kinds[text[n]]&(letter|digit) != 0)) {
		return append(dst, '&'), 0
	}
	return append(dst, decoded...), n
}

func commonName(name []byte) string {
	switch string(name) {
	case "amp":
		return "&"
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "quot":
		return "\""
	case "apos":
		return "'"
	case "nbsp":
		return "\u00A0"
	case "copy":
		return "\u00A9"
	case "para":
		return "\u00B6"
	case "middot":
		return "\u00B7"
	case "raquo":
		return "\u00BB"
	case "laquo":
		return "\u00AB"
	case "ndash":
		return "\u2013"
	case "mdash":
		return "\u2014"
	case "hellip":
		return "\u2026"
	case "rsquo":
		return "\u2019"
	case "bull":
		return "\u2022"
	case "times":
		return "\u00D7"
	}
	return ""
}
