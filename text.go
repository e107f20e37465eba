package sonde

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDetail bounds a detail, in bytes.
const maxDetail = 500

// Tidy makes a text that holds what strangers said fit to be kept as a detail and
// shown: valid UTF-8, no control characters, at most 500 bytes and an ellipsis.
func Tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) <= maxDetail {
		return text
	}
	end := maxDetail
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
