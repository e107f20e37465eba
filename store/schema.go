package store

import (
	"context"
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// View is a public view as documentation.
type View struct {
	Name    string
	Row     string // what one row is
	Columns []Column
	SQL     string // its CREATE VIEW, with the comments that all this is read from
}

// Column is a column of a public view as documentation.
type Column struct {
	Name    string
	Type    string // TEXT, INTEGER, REAL or BLOB; "" where the column is an expression
	Meaning string
}

// Schema describes the public views of the file. It reads the comments inside of
// their CREATE VIEW statements, so it is right for a file of any version: the comment
// after the name says what a row is, the one at the end of a column's line what the
// column means.
func (f *File) Schema(ctx context.Context) ([]View, error) {
	var views []View
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		err := rows(conn, publicViews, func(stmt *sqlite.Stmt) error {
			views = append(views, View{Name: stmt.ColumnText(0), SQL: stmt.ColumnText(1)})
			return nil
		})
		for i := 0; err == nil && i < len(views); i++ {
			err = views[i].describe(conn)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", f.path, err)
	}
	return views, nil
}

// describe fills in what a row is, and the columns.
func (v *View) describe(conn *sqlite.Conn) error {
	from := view{name: v.Name}
	if err := from.load(conn); err != nil {
		return err
	}
	head, list, _ := strings.Cut(v.SQL, "\nSELECT\n")
	list, _, _ = strings.Cut(list, "\nFROM ")
	_, v.Row, _ = strings.Cut(head, "-- ")
	meanings := comments(list)
	for _, c := range from.columns {
		v.Columns = append(v.Columns, Column{c.name, c.declared, meanings[c.name]})
	}
	return nil
}

// comments reads the lines of a SELECT list: "x.y AS name,  -- what it means".
func comments(list string) map[string]string {
	meanings := map[string]string{}
	for line := range strings.Lines(list) {
		code, comment, _ := cutLast(line, " -- ")
		code = strings.TrimRight(strings.TrimSpace(code), ",")
		name := code[strings.LastIndexAny(code, " .")+1:]
		meanings[name] = strings.TrimSpace(comment)
	}
	return meanings
}
