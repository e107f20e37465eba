package tabular

import (
	"io"
	"strconv"
	"unicode/utf8"
)

// TSV writes a line for every row, without a header, the cells separated by tabs. In
// texts a tab, a line break and a backslash are written \t, \n, \r and \\, and other
// control characters \x1b, so that a line is a row and nothing commands a terminal.
// NULL is an empty cell, a blob hexadecimal.
type TSV struct {
	sheet
	cell  int
	exact bool // texts can be read back
}

// NewTSV returns a writer of tab-separated values.
func NewTSV(to io.Writer, o Options) *TSV {
	return &TSV{sheet: newSheet(to, o), exact: !o.Escaped}
}

// Columns writes nothing.
func (t *TSV) Columns([]string) error { return nil }

func (t *TSV) next() {
	if t.cell > 0 {
		t.b = append(t.b, '\t')
	}
	t.cell++
}

// Null writes an empty cell.
func (t *TSV) Null() { t.next() }

// Integer writes a number.
func (t *TSV) Integer(n int64) {
	t.next()
	t.b = strconv.AppendInt(t.b, n, 10)
}

// Float writes a number.
func (t *TSV) Float(f float64) {
	t.next()
	t.b = appendFloat(t.b, f)
}

// Text writes a text.
func (t *TSV) Text(text []byte) {
	t.next()
	t.b = appendVisible(t.b, text, t.exact)
}

// Blob writes hexadecimal digits.
func (t *TSV) Blob(data []byte) {
	t.next()
	t.b = appendHex(t.b, data)
}

// EndRow ends the line.
func (t *TSV) EndRow() error {
	t.b = append(t.b, '\n')
	t.cell = 0
	return t.settle()
}

// Close writes what is left.
func (t *TSV) Close() error { return t.Flush() }

// appendVisible appends a text with its control characters spelled out. Backslashes
// are doubled where the text is to be read back.
func appendVisible(b, text []byte, exact bool) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '\\' && exact:
			b = append(b, '\\', '\\')
		case r == '\t':
			b = append(b, '\\', 't')
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case control(r):
			b = append(b, '\\', 'x', hexDigits[r>>4&15], hexDigits[r&15])
		case r == utf8.RuneError && size == 1:
			b = append(b, '\\', 'x', hexDigits[text[i]>>4], hexDigits[text[i]&15])
		case reorders(r):
			b = strconv.AppendInt(append(b, `\u`...), int64(r), 16)
		default:
			b = append(b, text[i:i+size]...)
		}
		i += size
	}
	return b
}

// control reports whether a rune is of C0, DEL or C1.
func control(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

// reorders reports whether a rune changes the direction in which a terminal writes
// what stands around it.
func reorders(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
