// Package tabular writes rows of typed cells in the formats that people and programs
// read tables in. It knows nothing of where the rows come from.
//
//	CSV     spreadsheet-safe, or byte for byte              csv.go, formula.go
//	JSON    one document, an array of objects               json.go
//	NDJSON  an object on every line                         json.go
//	TSV     plain text for cut, sort and awk                tsv.go
//	Table   aligned columns for a terminal                  table.go, width.go
//
// Every format is a [Writer]. A row is given cell by cell, in the order of the
// columns, and ended; a cell costs no allocation. What is written is held back until
// so many bytes are together (see [Options]), so that whoever gives the rows decides
// when to wait for a slow reader.
package tabular

import "io"

// Writer takes the rows of one table.
//
// Columns is called first and once. Then each row is as many calls of Null, Integer,
// Float, Text and Blob as there are columns, and one of EndRow. The bytes given to
// Text and Blob are the caller's again as soon as the call returns.
type Writer interface {
	Columns(names []string) error
	Null()
	Integer(int64)
	Float(float64)
	Text([]byte) // UTF-8, or what a stranger passed for it
	Blob([]byte)
	EndRow() error
	Flush() error // writes what is held back, as far as the format can
	Close() error // ends the document and flushes; the underlying writer stays open
}

// Options is what all formats can be told.
type Options struct {
	Hold    int  // bytes held back before they are written; 0: 64 KiB
	Escaped bool // texts have escapes of their own, so that TSV does not double backslashes
}

const defaultHold = 64 << 10

// sheet is the held back end of what a format writes.
type sheet struct {
	to   io.Writer
	hold int
	b    []byte
}

func newSheet(to io.Writer, o Options) sheet {
	if o.Hold <= 0 {
		o.Hold = defaultHold
	}
	return sheet{to: to, hold: o.Hold}
}

// settle writes what is held back when it has grown enough.
func (s *sheet) settle() error {
	if len(s.b) < s.hold {
		return nil
	}
	return s.Flush()
}

// Flush writes what is held back.
func (s *sheet) Flush() error {
	if len(s.b) == 0 {
		return nil
	}
	_, err := s.to.Write(s.b)
	s.b = s.b[:0]
	return err
}
