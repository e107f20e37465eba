package weburl

import "strings"

// class says, one bit each, where a byte may stand as it is.
type class uint8

const (
	inUserinfo class = 1 << iota // the complements of the standard's percent-encode sets,
	inPath                       // section 1.3
	inQuery                      // the special-query set: that of http and https
	inFragment                   //
	inHost                       // a lower-case letter, a digit, or - . _
	unreserved                   // RFC 3986, section 2.3
	plainPath                    // inPath, and without meaning to the shortcut
	plainQuery                   // inQuery, and without meaning to the shortcut
)

// classes holds the class of every byte.
var classes = classify()

func classify() (table [256]class) {
	for c := '!'; c <= '~'; c++ {
		k := without(c, inUserinfo, "\"#<>?^`{}/:;=@[\\]|")
		k |= without(c, inPath, "\"#<>?^`{}")
		k |= without(c, inQuery, "\"#<>'")
		k |= without(c, inFragment, "\"<>`")
		k |= without(c, plainPath, "\"#<>?^`{}\\.%;:")
		k |= without(c, plainQuery, "\"#<>'%&")
		if isLetter(c) || isDigit(c) || strings.ContainsRune("-._~", c) {
			k |= unreserved
		}
		if k&unreserved != 0 && c != '~' && (c < 'A' || c > 'Z') {
			k |= inHost
		}
		table[c] = k
	}
	return table
}

// without is k, or nothing for a character of the set.
func without(c rune, k class, set string) class {
	if strings.ContainsRune(set, c) {
		return 0
	}
	return k
}

func isLetter[C byte | rune](c C) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit[C byte | rune](c C) bool { return c >= '0' && c <= '9' }

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// all reports whether every byte of s is of class k.
func all(s string, k class) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&k == 0 {
			return false
		}
	}
	return true
}

const upperHex = "0123456789ABCDEF"

// encode percent-encodes the bytes of s that are not of class k.
func encode(s string, k class) string {
	if all(s, k) {
		return s
	}
	return string(appendEncoded(make([]byte, 0, len(s)+len(s)/2+8), s, k))
}

func appendEncoded(dst []byte, s string, k class) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if classes[c]&k != 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// escape reads the percent-encoded octet that s begins with.
func escape(s string) (octet byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, low := hexValue(s[1]), hexValue(s[2])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

// hexValue is the value of a hexadecimal digit, -1 for any other byte.
func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case isLetter(c) && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// hasPrefixFold reports whether s begins with prefix, which is lower-case ASCII,
// in any case.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

// lower is the ASCII lower case of c.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
