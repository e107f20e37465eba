package markup

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"

	"sonde"
)

// Decode turns the body of a page into UTF-8. It believes, in this order, a byte
// order mark, the charset of the Content-Type header, what the first 1024 bytes
// declare, what the rest declares, and the bytes themselves: what is beyond ASCII
// and valid UTF-8 is UTF-8. Everything else is windows-1252, as the HTML Standard
// has it (13.2.3.2), which pure ASCII does not contradict.
//
// The charset is the lower-case name of the Encoding Standard. The text is the
// body itself, without its byte order mark, where it is valid UTF-8. Bytes that
// mean nothing in their charset become U+FFFD; Decode never fails.
func Decode(body []byte, contentTypeHeader string) (text []byte, charset string, from sonde.CharsetSource) {
	if found, mark := byteOrderMark(body); found.name != "" {
		return found.decode(body[mark:]), found.name, sonde.FromBOM
	}
	_, label := contentType(contentTypeHeader)
	if found := lookup(label); found.name != "" {
		return found.decode(body), found.name, sonde.FromHeader
	}
	if found := lookup(prescan(body[:min(len(body), prescanned)])); found.name != "" {
		return found.decode(body), found.name, sonde.FromMeta
	}
	if isASCII(body) {
		return body, windowsLatin, sonde.FromDefault
	}
	if found := lookup(prescan(body[:min(len(body), prescannedLate)])); found.name != "" {
		return found.decode(body), found.name, sonde.FromMeta
	}
	if utf8.Valid(body) {
		return body, utf8Name, sonde.FromContent
	}
	return lookup(windowsLatin).decode(body), windowsLatin, sonde.FromDefault
}

const (
	utf8Name     = "utf-8"
	windowsLatin = "windows-1252"
)

// charsetFound is an encoding and its name; the zero value is none.
type charsetFound struct {
	name     string
	encoding encoding.Encoding // nil for UTF-8 and windows-1252
}

// lookup finds the encoding of a label (Encoding Standard, 4.2).
func lookup(label string) charsetFound {
	label = strings.Trim(label, whiteSpace)
	switch {
	case label == "":
		return charsetFound{}
	case strings.EqualFold(label, utf8Name):
		return charsetFound{name: utf8Name}
	}
	e, name := charset.Lookup(label)
	switch name {
	case utf8Name, windowsLatin:
		e = nil
	case "gbk": // the standard decodes it as its superset
		e = simplifiedchinese.GB18030
	}
	return charsetFound{name, e}
}

// decode turns text in the charset into UTF-8.
func (c charsetFound) decode(body []byte) []byte {
	switch {
	case c.name == windowsLatin:
		return fromWindowsLatin(body)
	case c.encoding == nil && utf8.Valid(body):
		return body
	case c.encoding == nil:
		return replaceInvalid(body)
	}
	text, err := c.encoding.NewDecoder().Bytes(body)
	if err != nil {
		return replaceInvalid(body)
	}
	return text
}

// fromWindowsLatin decodes windows-1252, where every byte means something.
func fromWindowsLatin(body []byte) []byte {
	if isASCII(body) {
		return body
	}
	text := make([]byte, 0, len(body)+len(body)/4)
	for _, c := range body {
		if 0x80 <= c && c <= 0x9F {
			text = utf8.AppendRune(text, windows1252[c-0x80])
			continue
		}
		text = utf8.AppendRune(text, rune(c))
	}
	return text
}

// replaceInvalid puts U+FFFD in the place of each maximal part of a character that
// is not whole, as the Encoding Standard's UTF-8 decoder does.
func replaceInvalid(body []byte) []byte {
	text := make([]byte, 0, len(body)+len(body)/8)
	for len(body) > 0 {
		r, size := utf8.DecodeRune(body)
		if r == utf8.RuneError && size == 1 {
			size = brokenLength(body)
		}
		text = utf8.AppendRune(text, r)
		body = body[size:]
	}
	return text
}

// brokenLength is how many bytes, at least one, begin a character that then breaks
// off: as long as some continuation would have made it whole.
func brokenLength(body []byte) int {
	n := 1
	for n < len(body) && n < utf8.UTFMax && !utf8.FullRune(body[:n]) {
		n++
	}
	if n > 1 && utf8.FullRune(body[:n]) {
		n--
	}
	return n
}

// byteOrderMark recognises the mark that a body begins with, and its length.
func byteOrderMark(body []byte) (found charsetFound, length int) {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		return charsetFound{name: utf8Name}, 3
	case bytes.HasPrefix(body, []byte("\xFE\xFF")):
		return lookup("utf-16be"), 2
	case bytes.HasPrefix(body, []byte("\xFF\xFE")):
		return lookup("utf-16le"), 2
	}
	return charsetFound{}, 0
}

// Seen says what bytes look like, whatever is said of them: "ascii", "utf-8" or
// "other".
func Seen(body []byte) string {
	switch {
	case isASCII(body):
		return "ascii"
	case utf8.Valid(body):
		return utf8Name
	}
	return "other"
}

func isASCII(body []byte) bool {
	const high = 0x8080808080808080
	for ; len(body) >= 8; body = body[8:] {
		if binary.LittleEndian.Uint64(body)&high != 0 {
			return false
		}
	}
	for _, c := range body {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
