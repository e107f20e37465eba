package store

import (
	"errors"
	"fmt"
	"strings"
)

// sheet is a sink that remembers everything, as text.
type sheet struct {
	columns []string
	rows    [][]string
	row     []string
	failAt  int // the row whose end fails, from 1; 0: none
}

var errSink = errors.New("the sink is full")

func (s *sheet) Columns(names []string) error { s.columns = names; return nil }
func (s *sheet) Null()                        { s.row = append(s.row, "NULL") }
func (s *sheet) Integer(n int64)              { s.row = append(s.row, fmt.Sprint(n)) }
func (s *sheet) Float(f float64)              { s.row = append(s.row, fmt.Sprintf("%gf", f)) }
func (s *sheet) Text(b []byte)                { s.row = append(s.row, string(b)) }
func (s *sheet) Blob(b []byte)                { s.row = append(s.row, fmt.Sprintf("x'%x'", b)) }

func (s *sheet) EndRow() error {
	s.rows = append(s.rows, s.row)
	s.row = nil
	if len(s.rows) == s.failAt {
		return errSink
	}
	return nil
}

// String is the rows, cells separated by |.
func (s *sheet) String() string {
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, strings.Join(row, "|"))
	}
	return strings.Join(lines, "\n")
}
