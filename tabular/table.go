package tabular

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// TableOptions is what a table is told of the terminal that it is for.
type TableOptions struct {
	Width int  // columns of the terminal; 0: as wide as need be
	Color bool // bold headers and dim NULLs
}

const between = "  " // columns

const (
	measured  = 200  // rows that are held back to find out how wide the columns are
	narrowest = 8    // columns of text are not made narrower than this to fit
	longest   = 4096 // bytes of a cell that are looked at
	gap       = len(between)
)

// Table writes aligned columns for people. Long cells are shortened in the middle so
// that a row fits the terminal; where there are too many columns for that, each row
// is written as a block with a line for every column. Control characters are spelled
// out. It is for reading, not for programs.
type Table struct {
	sheet
	TableOptions
	names  []string
	row    []cell
	held   [][]cell // until the layout is known
	layout *layout
}

// cell is what is shown of a value.
type cell struct {
	text string
	kind kind
}

type kind uint8

const (
	isText kind = iota
	isNumber
	isNull
)

// layout is how rows are set.
type layout struct {
	widths []int // of the columns; nil: a block for each row
	right  []bool
	name   int // the width of the names before the values of a block
	rows   int // blocks written
}

// NewTable returns a writer of tables.
func NewTable(to io.Writer, t TableOptions, o Options) *Table {
	return &Table{sheet: newSheet(to, o), TableOptions: t}
}

// Columns takes the headers.
func (t *Table) Columns(names []string) error {
	for _, name := range names {
		t.names = append(t.names, visible([]byte(name)))
	}
	return nil
}

func visible(text []byte) string {
	if len(text) > longest {
		text = text[:longest]
	}
	return string(appendVisible(nil, text, false))
}

// Null shows nothing, or a dim NULL where there is colour.
func (t *Table) Null() {
	text := ""
	if t.Color {
		text = "NULL"
	}
	t.row = append(t.row, cell{text, isNull})
}

// Integer shows a number.
func (t *Table) Integer(n int64) {
	t.row = append(t.row, cell{strconv.FormatInt(n, 10), isNumber})
}

// Float shows a number.
func (t *Table) Float(f float64) {
	t.row = append(t.row, cell{string(appendFloat(nil, f)), isNumber})
}

// Text shows a text.
func (t *Table) Text(text []byte) {
	t.row = append(t.row, cell{visible(text), isText})
}

// Blob shows hexadecimal digits.
func (t *Table) Blob(data []byte) {
	if len(data) > longest/2 {
		data = data[:longest/2]
	}
	t.row = append(t.row, cell{string(appendHex(nil, data)), isText})
}

// EndRow writes the row, once the layout is known.
func (t *Table) EndRow() error {
	if t.layout != nil {
		t.write(t.row)
		t.row = t.row[:0]
		return t.settle()
	}
	t.held = append(t.held, t.row)
	t.row = nil
	if len(t.held) < measured {
		return nil
	}
	t.begin()
	return t.settle()
}

// Close writes what is left.
func (t *Table) Close() error {
	if t.layout == nil {
		t.begin()
	}
	return t.Flush()
}

// begin finds the layout and writes what was held back for it.
func (t *Table) begin() {
	t.layout = t.measure()
	if t.layout.widths != nil {
		t.header()
	}
	for _, row := range t.held {
		t.write(row)
	}
	t.held = nil
}

func (t *Table) measure() *layout {
	l := &layout{widths: make([]int, len(t.names)), right: make([]bool, len(t.names))}
	for i, name := range t.names {
		l.name = max(l.name, textWidth(name))
		l.widths[i], l.right[i] = t.column(i)
	}
	if !fit(l.widths, t.Width) {
		l.widths = nil
	}
	return l
}

// column measures one column: how wide it would be, and whether it stands to the
// right, as numbers do.
func (t *Table) column(i int) (width int, right bool) {
	width = textWidth(t.names[i])
	numbers, texts := 0, 0
	for _, row := range t.held {
		width = max(width, textWidth(row[i].text))
		switch row[i].kind {
		case isNumber:
			numbers++
		case isText:
			texts++
		}
	}
	return width, numbers > 0 && texts == 0
}

// fit makes the widest columns narrower until all fit into width. It reports whether
// that can be.
func fit(widths []int, width int) bool {
	if width <= 0 {
		return true
	}
	room := width - gap*(len(widths)-1)
	most := width
	for total(widths, most) > room {
		if most--; most < narrowest {
			return false
		}
	}
	for i := range widths {
		widths[i] = min(widths[i], most)
	}
	return true
}

// total adds up widths of which none counts for more than most.
func total(widths []int, most int) int {
	sum := 0
	for _, w := range widths {
		sum += min(w, most)
	}
	return sum
}

func (t *Table) header() {
	names, rules := make([]cell, len(t.names)), make([]cell, len(t.names))
	for i, name := range t.names {
		names[i] = cell{name, isText}
		rules[i] = cell{strings.Repeat("-", t.layout.widths[i]), isText}
	}
	t.set(names, bold)
	t.set(rules, "")
}

func (t *Table) write(row []cell) {
	if t.layout.widths == nil {
		t.block(row)
		return
	}
	t.set(row, "")
}

// set writes one line of aligned cells, without spaces at its end.
func (t *Table) set(row []cell, style string) {
	start, last := len(t.b), len(row)-1
	for i, c := range row {
		if i > 0 {
			t.b = append(t.b, between...)
		}
		width, right := t.layout.widths[i], t.layout.right[i]
		text := shorten(c.text, width)
		if i < last || right {
			text = pad(text, width, right)
		}
		t.styled(text, styleOf(c, style))
	}
	line := bytes.TrimRight(t.b[start:], " ")
	t.b = append(t.b[:start+len(line)], '\n')
}

// block writes a row as a line for every column.
func (t *Table) block(row []cell) {
	names := t.layout.name
	t.layout.rows++
	t.styled("row "+strconv.Itoa(t.layout.rows), bold)
	t.b = append(t.b, '\n')
	for i, c := range row {
		t.b = append(t.b, between+t.names[i]...)
		if c.text != "" {
			t.b = append(t.b, strings.Repeat(" ", names-textWidth(t.names[i])+gap)...)
			t.styled(shorten(c.text, max(narrowest, t.Width-names-2*gap)), styleOf(c, ""))
		}
		t.b = append(t.b, '\n')
	}
}

// SGR sequences (ECMA-48).
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	reset = "\x1b[0m"
)

func styleOf(c cell, style string) string {
	if c.kind == isNull {
		return dim
	}
	return style
}

func (t *Table) styled(text, style string) {
	if !t.Color || style == "" {
		t.b = append(t.b, text...)
		return
	}
	t.b = append(append(append(t.b, style...), text...), reset...)
}
