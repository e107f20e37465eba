package tabular

import (
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// JSON writes objects with a member for every column (RFC 8259), as the elements of
// one array or one on each line.
//
// Texts are strings, and bytes in them that are not UTF-8 become U+FFFD. Blobs are
// strings of hexadecimal digits. Integers are written with all their digits;
// infinities, which JSON has no number for, are null. Columns of the same name get
// _2, _3 and so on behind it.
type JSON struct {
	sheet
	lines bool     // NDJSON
	keys  [][]byte // `"name":`, the first with { before it, the others with a comma
	cell  int
	rows  int
}

// NewJSON returns a writer of one JSON array.
func NewJSON(to io.Writer, o Options) *JSON {
	return &JSON{sheet: newSheet(to, o)}
}

// NewNDJSON returns a writer of one JSON object on every line.
func NewNDJSON(to io.Writer, o Options) *JSON {
	return &JSON{sheet: newSheet(to, o), lines: true}
}

// Columns takes the names of the members.
func (j *JSON) Columns(names []string) error {
	for i, name := range distinct(names) {
		key := []byte{','}
		if i == 0 {
			key[0] = '{'
		}
		j.keys = append(j.keys, append(appendJSON(key, []byte(name)), ':'))
	}
	return nil
}

// distinct gives every name that was there before a number.
func distinct(names []string) []string {
	taken := make(map[string]bool, len(names))
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = name
		for n := 2; taken[all[i]]; n++ {
			all[i] = name + "_" + strconv.Itoa(n)
		}
		taken[all[i]] = true
	}
	return all
}

// next writes the name before a value.
func (j *JSON) next() {
	if j.cell == 0 {
		j.between()
	}
	j.b = append(j.b, j.keys[j.cell]...)
	j.cell++
}

// between writes what stands before an object.
func (j *JSON) between() {
	switch {
	case j.lines:
	case j.rows == 0:
		j.b = append(j.b, '[', '\n')
	default:
		j.b = append(j.b, ',', '\n')
	}
	j.rows++
}

// Null writes null.
func (j *JSON) Null() {
	j.next()
	j.b = append(j.b, "null"...)
}

// Integer writes a number.
func (j *JSON) Integer(n int64) {
	j.next()
	j.b = strconv.AppendInt(j.b, n, 10)
}

// Float writes a number, null where it is not finite.
func (j *JSON) Float(f float64) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		j.Null()
		return
	}
	j.next()
	j.b = appendFloat(j.b, f)
}

// Text writes a string.
func (j *JSON) Text(text []byte) {
	j.next()
	j.b = appendJSON(j.b, text)
}

// Blob writes a string of hexadecimal digits.
func (j *JSON) Blob(data []byte) {
	j.next()
	j.b = append(j.b, '"')
	j.b = appendHex(j.b, data)
	j.b = append(j.b, '"')
}

// EndRow ends an object.
func (j *JSON) EndRow() error {
	j.b = append(j.b, '}')
	j.cell = 0
	if j.lines {
		j.b = append(j.b, '\n')
	}
	return j.settle()
}

// Close ends the array.
func (j *JSON) Close() error {
	switch {
	case j.lines:
	case j.rows == 0:
		j.b = append(j.b, "[]\n"...)
	default:
		j.b = append(j.b, "\n]\n"...)
	}
	return j.Flush()
}

// plain holds the ASCII bytes that stand for themselves in a JSON string.
var plain = func() (set [utf8.RuneSelf]bool) {
	for c := range set {
		set[c] = c >= ' ' && c != '"' && c != '\\' && c != 0x7f
	}
	return set
}()

// appendJSON appends text as a JSON string. Control characters are escaped, those of
// C1 too, which terminals obey.
func appendJSON(b, text []byte) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			b = appendEscaped(append(b, text[start:i]...), rune(c))
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || r < 0xa0 {
			b = appendEscaped(append(b, text[start:i]...), r)
			start = i + size
		}
		i += size
	}
	return append(append(b, text[start:]...), '"')
}

func appendEscaped(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	case utf8.RuneError:
		return append(b, "\uFFFD"...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[r>>4&15], hexDigits[r&15])
}
