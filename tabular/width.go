package tabular

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wide are the ranges that terminals show in two columns: the East Asian Wide and
// Fullwidth characters of Unicode's EastAsianWidth.txt, and the emoji among them, in
// as few ranges as are right for all that is assigned.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, {0x231a, 0x231b, 1}, {0x23e9, 0x23ec, 1}, {0x25fd, 0x25fe, 1},
		{0x2614, 0x2615, 1}, {0x2648, 0x2653, 1}, {0x26aa, 0x26ab, 1}, {0x26bd, 0x26be, 1},
		{0x26c4, 0x26c5, 1}, {0x2705, 0x2705, 1}, {0x270a, 0x270b, 1}, {0x2728, 0x2728, 1},
		{0x274c, 0x274c, 1}, {0x2753, 0x2755, 1}, {0x2795, 0x2797, 1}, {0x2b1b, 0x2b1c, 1},
		{0x2e80, 0x303e, 1}, {0x3041, 0x33ff, 1}, {0x3400, 0x4dbf, 1}, {0x4e00, 0x9fff, 1},
		{0xa000, 0xa4cf, 1}, {0xa960, 0xa97f, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1},
		{0xfe10, 0xfe19, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{
		{0x16fe0, 0x18aff, 1}, {0x1b000, 0x1b2ff, 1}, {0x1f004, 0x1f004, 1}, {0x1f0cf, 0x1f0cf, 1},
		{0x1f18e, 0x1f18e, 1}, {0x1f191, 0x1f19a, 1}, {0x1f200, 0x1f265, 1}, {0x1f300, 0x1f64f, 1},
		{0x1f680, 0x1f6ff, 1}, {0x1f7e0, 0x1f7eb, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1},
	},
}

// runeWidth is how many columns of a terminal a rune takes.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

func textWidth(text string) int {
	width := 0
	for _, r := range text {
		width += runeWidth(r)
	}
	return width
}

const ellipsis = "…"

// shorten takes out of the middle of a text what is more than width columns, so that
// both ends of a URL stay readable.
func shorten(text string, width int) string {
	if textWidth(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	head, tail := width/2, (width-1)/2
	return text[:fitting(text, head)] + ellipsis + text[len(text)-fittingEnd(text, tail):]
}

// fitting is how many bytes of the beginning of text take at most width columns.
func fitting(text string, width int) int {
	for i, r := range text {
		if width -= runeWidth(r); width < 0 {
			return i
		}
	}
	return len(text)
}

// fittingEnd is how many bytes of the end of text take at most width columns.
func fittingEnd(text string, width int) int {
	bytes := 0
	for bytes < len(text) {
		r, size := utf8.DecodeLastRuneInString(text[:len(text)-bytes])
		if width -= runeWidth(r); width < 0 {
			break
		}
		bytes += size
	}
	return bytes
}

// pad adds spaces to a text up to width columns, before it when right is set.
func pad(text string, width int, right bool) string {
	gap := strings.Repeat(" ", max(0, width-textWidth(text)))
	if right {
		return gap + text
	}
	return text + gap
}
