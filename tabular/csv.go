package tabular

import (
	"bytes"
	"io"
	"math"
	"strconv"
)

// CSV writes comma-separated values by RFC 4180: a header line, lines ended by CRLF,
// quotes where a cell needs them. NULL is an empty cell and the empty text is "".
//
// It is safe to open in a spreadsheet: a text that might be taken for a formula (see
// [Formula]) is written behind a ' and blobs are hexadecimal; numbers stay as they
// are. With Raw, texts and blobs are the bytes that they are.
type CSV struct {
	sheet
	raw     bool
	columns int
	cell    int // of the row that is being written
}

// NewCSV returns a writer of CSV; raw makes it byte-exact.
func NewCSV(to io.Writer, raw bool, o Options) *CSV {
	return &CSV{sheet: newSheet(to, o), raw: raw}
}

// Columns writes the header line. Names are texts like any other.
func (c *CSV) Columns(names []string) error {
	c.columns = len(names)
	for _, name := range names {
		c.Text([]byte(name))
	}
	return c.EndRow()
}

// next puts the comma before a cell.
func (c *CSV) next() {
	if c.cell > 0 {
		c.b = append(c.b, ',')
	}
	c.cell++
}

// Null writes an empty cell. A row of nothing else would be an empty line, which
// readers skip, so there it is "".
func (c *CSV) Null() {
	c.next()
	if c.columns == 1 {
		c.b = append(c.b, '"', '"')
	}
}

// Integer writes a number.
func (c *CSV) Integer(n int64) {
	c.next()
	c.b = strconv.AppendInt(c.b, n, 10)
}

// Float writes a number. Minus infinity is none to a spreadsheet.
func (c *CSV) Float(f float64) {
	c.next()
	if !c.raw && math.IsInf(f, -1) {
		c.b = append(c.b, '\'')
	}
	c.b = appendFloat(c.b, f)
}

// Text writes a text.
func (c *CSV) Text(text []byte) {
	c.next()
	prefix := ""
	if !c.raw && Formula(text) {
		prefix = "'"
	}
	c.quote(prefix, text)
}

// Blob writes bytes, in hexadecimal unless the table is raw.
func (c *CSV) Blob(data []byte) {
	c.next()
	if c.raw {
		c.quote("", data)
		return
	}
	c.b = appendHex(c.b, data)
}

// quote writes a cell, in quotes when it is empty or holds what separates cells.
func (c *CSV) quote(prefix string, text []byte) {
	if len(text) > 0 && !special(text) {
		c.b = append(append(c.b, prefix...), text...)
		return
	}
	c.b = append(append(c.b, '"'), prefix...)
	for {
		quote := bytes.IndexByte(text, '"')
		if quote < 0 {
			break
		}
		c.b = append(append(c.b, text[:quote+1]...), '"')
		text = text[quote+1:]
	}
	c.b = append(append(c.b, text...), '"')
}

func special(text []byte) bool {
	return bytes.IndexByte(text, ',') >= 0 || bytes.IndexByte(text, '"') >= 0 ||
		bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0
}

// EndRow ends the line.
func (c *CSV) EndRow() error {
	c.b = append(c.b, '\r', '\n')
	c.cell = 0
	return c.settle()
}

// Close writes what is left.
func (c *CSV) Close() error { return c.Flush() }
