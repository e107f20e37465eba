package robots

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

var utf8BOM = []byte("\xEF\xBB\xBF")

// decode makes text of the bytes of a file. The RFC wants UTF-8; what has a
// UTF-16 byte order mark is that. NUL is dropped: it is never meant, and without
// it UTF-16 that lost its mark reads well too. Octets that are not UTF-8 stay as
// they are, because paths are compared octet by octet.
func decode(body []byte) string {
	body = fromUTF16(body)
	body = trimBOM(body)
	if bytes.IndexByte(body, 0) < 0 {
		return string(body)
	}
	return string(bytes.ReplaceAll(body, []byte{0}, nil))
}

// fromUTF16 gives body as UTF-8 when a byte order mark says that it is UTF-16.
func fromUTF16(body []byte) []byte {
	if !bytes.HasPrefix(body, []byte("\xFF\xFE")) && !bytes.HasPrefix(body, []byte("\xFE\xFF")) {
		return body
	}
	text, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return text
}

// trimBOM takes a UTF-8 byte order mark off, also one that lost its end.
func trimBOM(body []byte) []byte {
	n := 0
	for n < len(utf8BOM) && n < len(body) && body[n] == utf8BOM[n] {
		n++
	}
	return body[n:]
}

// cutAtLine ends body behind its last whole line: half a pattern would forbid, or
// allow, more than its author wrote.
func cutAtLine(body []byte) []byte {
	return body[:bytes.LastIndexAny(body, "\r\n")+1]
}

// nextLine splits text behind its first line, which ends with CR, LF or CRLF.
func nextLine(text string) (line, rest string) {
	i := strings.IndexAny(text, "\r\n")
	if i < 0 {
		return text, ""
	}
	end := i + 1
	if strings.HasPrefix(text[i:], "\r\n") {
		end++
	}
	return text[:i], text[end:]
}

// clip cuts s to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// printable gives s as text for people: valid UTF-8, no control characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || 0x7F <= r && r < 0xA0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
