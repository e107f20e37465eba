package tabular

import (
	"unicode"
	"unicode/utf8"
)

// Formula reports whether a spreadsheet might take a text for a formula or a command
// (OWASP: CSV injection): its first rune, or the first after white space and byte
// order marks, is one of = + - @ in ASCII or full width, or it begins with a tab, a
// line break or NUL, which spreadsheets skip.
func Formula(text []byte) bool {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case startsFormula(r):
			return true
		case !skippedBySpreadsheets(r):
			return false
		}
		text = text[size:]
	}
	return false
}

func startsFormula(r rune) bool {
	switch r {
	case '=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', 0:
		return true
	}
	return false
}

func skippedBySpreadsheets(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || unicode.Is(unicode.Cf, r)
}
