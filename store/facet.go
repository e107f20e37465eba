package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"
)

// Tally is what was counted of a selection. Where patience ended first it is not
// Exact, and there is more.
type Tally struct {
	Rows  int64
	Exact bool
}

// FacetValue is a value of a column and how many rows have it.
type FacetValue struct {
	Value any // nil, int64, float64 or string
	Rows  int64
}

// countedChunks is how many chunks of an export are counted at once.
const countedChunks = 8

// Count counts the rows of a selection for as long as patience lasts.
func (f *File) Count(ctx context.Context, s Selection, patience time.Duration) (t Tally, err error) {
	s.Columns = nil
	t.Exact, err = f.scan(ctx, s, patience, "count(*)", "", func(stmt *sqlite.Stmt) {
		t.Rows += stmt.ColumnInt64(0)
	})
	return t, err
}

// Facet counts the rows of a selection by the values of a column, the most frequent
// first, for as long as patience lasts. It is exact when it came to the end.
func (f *File) Facet(ctx context.Context, s Selection, column string, patience time.Duration) (values []FacetValue, exact bool, err error) {
	counts := map[any]int64{}
	s.Columns = []string{column}
	exact, err = f.scan(ctx, s, patience, quoted(column)+", count(*)", " GROUP BY 1", func(stmt *sqlite.Stmt) {
		cells := cellsOf(stmt)
		if blob, ok := cells[0].([]byte); ok {
			cells[0] = string(blob)
		}
		counts[cells[0]] += stmt.ColumnInt64(1)
	})
	for value, n := range counts {
		values = append(values, FacetValue{value, n})
	}
	slices.SortFunc(values, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(sortable(a.Value), sortable(b.Value)))
	})
	return values, exact, err
}

// sortable orders values of one column: texts by themselves, all else before them.
func sortable(value any) string {
	text, _ := value.(string)
	return text
}

// scan asks an aggregate of one chunk of a view after the other. whole tells that
// patience lasted to the end. It asks for no other columns than those of the selection.
func (f *File) scan(ctx context.Context, s Selection, patience time.Duration, what, by string, each func(*sqlite.Stmt)) (whole bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrTooSlow)
	defer cancel()
	err = f.Read(ctx, func(conn *sqlite.Conn) error {
		e := &export{path: f.path}
		if err := e.prepare(f, conn, s); err != nil {
			return err
		}
		query := "SELECT " + what + " FROM " + e.source(s) + e.where.sql() + by
		if e.cut.end == "" {
			return e.where.aggregate(conn, query, nil, each)
		}
		counted := e.cut
		counted.size *= countedChunks
		return counted.each(conn, func(c *chunk) error {
			return e.where.aggregate(conn, query, []int64{c.run, c.after, c.end}, each)
		})
	})
	if errors.Is(err, ErrTooSlow) {
		return false, nil
	}
	return err == nil, err
}

// aggregate runs a query where the conditions hold and gives each row.
func (c *conditions) aggregate(conn *sqlite.Conn, query string, numbers []int64, each func(*sqlite.Stmt)) error {
	stmt, err := conn.Prepare(query)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	return c.each(stmt, numbers, each)
}

// each gives a statement the values of the conditions after some numbers, and calls each for
// every row.
func (c *conditions) each(stmt *sqlite.Stmt, numbers []int64, each func(*sqlite.Stmt)) error {
	bind(stmt, numbers...)
	c.bind(stmt)
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return err
		}
		each(stmt)
	}
}
