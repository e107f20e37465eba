package store

import (
	"strconv"
	"unicode/utf8"

	"sonde"
)

// The writer makes a few small JSON texts for every page. encoding/json takes ten
// times as long over them, so they are appended by hand.

// jsonList writes items as a JSON array, "" when there are none. What append leaves
// out is left out.
func jsonList[T any](items []T, add func([]byte, T) []byte) string {
	if len(items) == 0 {
		return ""
	}
	b := make([]byte, 0, 64)
	b = append(b, '[')
	for _, item := range items {
		before := len(b)
		if b = add(b, item); len(b) > before {
			b = append(b, ',')
		}
	}
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return string(append(b, ']'))
}

const hexDigits = "0123456789abcdef"

// appendJSON appends s as a JSON string (RFC 8259). Bytes that are not UTF-8 become
// U+FFFD.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			b = appendJSONByte(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += size
	}
	return append(b, '"')
}

func appendJSONByte(b []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c == '\n':
		return append(b, '\\', 'n')
	case c < ' ':
		return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(b, c)
}

func appendField(b []byte, f sonde.HeaderField) []byte {
	b = appendJSON(append(b, '['), f.Name)
	return append(appendJSON(append(b, ','), f.Value), ']')
}

func appendCanonical(b []byte, c sonde.Canonical) []byte {
	b = appendJSON(append(b, `{"raw":`...), c.Raw)
	b = appendJSON(append(b, `,"url":`...), c.URL)
	b = appendFlag(b, "header", c.Header)
	return append(appendFlag(b, "in_body", c.InBody), '}')
}

func appendRobots(b []byte, r sonde.RobotsMeta) []byte {
	b = appendJSON(append(b, `{"value":`...), r.Value)
	if r.Agent != "" {
		b = appendJSON(append(b, `,"agent":`...), r.Agent)
	}
	return append(appendFlag(b, "header", r.Header), '}')
}

func appendAlternate(b []byte, a sonde.Alternate) []byte {
	b = appendJSON(append(b, `{"lang":`...), a.Lang)
	b = appendJSON(append(b, `,"url":`...), a.URL)
	return append(appendFlag(b, "header", a.Header), '}')
}

func appendRefresh(b []byte, r *sonde.Refresh) []byte {
	b = strconv.AppendInt(append(b, `{"seconds":`...), int64(r.Seconds), 10)
	b = appendJSON(append(b, `,"url":`...), r.URL)
	return append(appendFlag(b, "header", r.Header), '}')
}

// appendFlag appends a member that stands only where it is true.
func appendFlag(b []byte, name string, value bool) []byte {
	if !value {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, `":true`...)
}
