package weburl

import (
	"bytes"
	"slices"
	"strings"
)

// Shape is what URLs have in common that differ only in numbers and identifiers:
// scheme, host and path with {d} for runs of digits and {x} for UUIDs and for eight
// or more hexadecimal digits that are not all decimal or all letters, then the
// names of the query's parameters, sorted, each once and in the same manner.
// Percent-encoded octets stand as they are.
func Shape(canonical string) string {
	var room [512]byte
	page, query, _ := strings.Cut(canonical, "?")
	origin := Origin(page)
	shape := append(room[:0], origin...)
	shape = appendShape(shape, page[len(origin):])
	return string(appendNames(shape, query))
}

// appendNames appends the shapes of the names of a query's parameters.
func appendNames(shape []byte, query string) []byte {
	if query == "" {
		return shape
	}
	shape = append(shape, '?')
	start := len(shape)
	for parameter := range strings.SplitSeq(query, "&") {
		if len(shape) > start {
			shape = append(shape, '&')
		}
		name, _, _ := strings.Cut(parameter, "=")
		shape = appendShape(shape, name)
	}
	if sorted(shape[start:]) {
		return shape
	}
	names := strings.Split(string(shape[start:]), "&")
	slices.Sort(names)
	return append(shape[:start], strings.Join(slices.Compact(names), "&")...)
}

// sorted reports whether each name is greater than the one before.
func sorted(names []byte) bool {
	before, rest, more := bytes.Cut(names, []byte("&"))
	for more {
		var name []byte
		if name, rest, more = bytes.Cut(rest, []byte("&")); bytes.Compare(before, name) >= 0 {
			return false
		}
		before = name
	}
	return true
}

// appendShape appends the shape of s.
func appendShape(dst []byte, s string) []byte {
	for s != "" {
		n := 1
		switch c := s[0]; {
		case c == '%':
			n = min(3, len(s))
			dst = append(dst, s[:n]...)
		case !isDigit(c) && !isLetter(c):
			dst = append(dst, c)
		case uuid(s):
			n = uuidLength
			dst = append(dst, "{x}"...)
		default:
			n = wordLength(s)
			dst = appendWord(dst, s[:n])
		}
		s = s[n:]
	}
	return dst
}

// wordLength counts the letters and digits that s begins with.
func wordLength(s string) int {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && !isLetter(s[i]) {
			return i
		}
	}
	return len(s)
}

// appendWord appends the shape of a run of letters and digits.
func appendWord(dst []byte, word string) []byte {
	if identifier(word) {
		return append(dst, "{x}"...)
	}
	for i := 0; i < len(word); i++ {
		if !isDigit(word[i]) {
			dst = append(dst, word[i])
		} else if i == 0 || !isDigit(word[i-1]) {
			dst = append(dst, "{d}"...)
		}
	}
	return dst
}

// identifier reports whether a word is a hexadecimal number of eight or more
// digits, some of them decimal and some not.
func identifier(word string) bool {
	digits := 0
	for i := 0; i < len(word); i++ {
		if hexValue(word[i]) < 0 {
			return false
		}
		if isDigit(word[i]) {
			digits++
		}
	}
	return len(word) >= 8 && digits > 0 && digits < len(word)
}

const uuidLength = 36

// uuid reports whether s begins with a UUID in its usual spelling (RFC 9562,
// section 4) and goes on with something that is no part of a word.
func uuid(s string) bool {
	if len(s) < uuidLength || len(s) > uuidLength && wordLength(s[uuidLength:]) > 0 {
		return false
	}
	for i := 0; i < uuidLength; i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if hexValue(s[i]) < 0 {
			return false
		}
	}
	return true
}
