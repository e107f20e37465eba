package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

// Selection is what is wanted of a public view.
type Selection struct {
	View    string
	Columns []string // in this order; none: all of the view
	Where   []Filter // all must hold
}

// SelectionError is a selection of what is not there.
type SelectionError struct {
	What  string   // "view", "column" or "operator"
	Name  string   // what was asked for
	In    string   // the view or column that it was asked of, "" for a view
	Known []string // what there is instead
}

func (e *SelectionError) Error() string {
	if e.In == "" {
		return fmt.Sprintf("there is no %s %q", e.What, e.Name)
	}
	return fmt.Sprintf("%s has no %s %q", e.In, e.What, e.Name)
}

// Export gives the rows of a public view to a sink. It reads the large views in
// chunks, each a transaction of its own, and flushes the sink between two: a slow
// reader does not keep the log of a crawl that goes on from being moved into the
// file. Rows come in the order of site, run and URL number; every row that was there
// when the export began is given once.
//
// The error is a *[SelectionError] or *[ValueError] when the selection does not fit
// the view.
func (f *File) Export(ctx context.Context, s Selection, to Sink) error {
	return f.Read(ctx, func(conn *sqlite.Conn) error {
		e, err := newExport(conn, s)
		if err != nil {
			return err
		}
		err = e.run(to)
		if sunk, ok := err.(*sinkError); ok {
			return sunk.error
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("exporting %s: %w", s.View, err)
		}
		return nil
	})
}

// export is one export under way.
type export struct {
	conn    *sqlite.Conn
	view    view
	columns []string
	where   conditions
}

func newExport(conn *sqlite.Conn, s Selection) (*export, error) {
	v, err := findView(conn, s.View)
	if err != nil {
		return nil, err
	}
	e := &export{conn: conn, view: v, columns: s.Columns, where: conditions{next: firstFree}}
	if len(e.columns) == 0 {
		e.columns = v.names()
	}
	for _, name := range e.columns {
		if _, err := v.column(name); err != nil {
			return nil, err
		}
	}
	for _, f := range s.Where {
		c, err := v.column(f.Column)
		if err != nil {
			return nil, err
		}
		if err := e.where.add(c, f); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// cut says how the rows of a view are cut into chunks. In its SQL ?1 is the run, ?2
// the last key of the chunk before, ?3 the last of this one.
type cut struct {
	runs string // the runs, one chunk never holds rows of two; "": the view knows none
	end  string // ?3 of the chunk after ?2, NULL when there is none
	rows string // the rows of a chunk, in the words of the view's FROM
}

// firstFree is the number of the first parameter that a cut leaves free.
const firstFree = 4

const (
	latestRuns = "SELECT last_run_id FROM _sites WHERE last_run_id IS NOT NULL ORDER BY id"
	everyRun   = "SELECT id FROM _runs ORDER BY site_id, id"
	visits     = "WHERE r.id = ?1 AND v.url_id > ?2 AND v.url_id <= ?3"
)

// nextVisits ends a chunk of count visits.
func nextVisits(count int) string {
	return fmt.Sprintf("SELECT max(url_id) FROM (SELECT url_id FROM _visits WHERE run_id = ?1 AND url_id > ?2 ORDER BY url_id LIMIT %d)", count)
}

// A chunk takes about 50 ms to read and gives a few megabytes: 2,000 pages, or the
// links of 200.
const (
	pagesPerChunk     = 2000
	linkPagesPerChunk = 200
	hostsPerChunk     = 2000
)

// cuts are the views that are read in chunks. The others are small.
var cuts = map[string]cut{
	"pages":         {latestRuns, nextVisits(pagesPerChunk), visits},
	"pages_history": {everyRun, nextVisits(pagesPerChunk), visits},
	"links":         {latestRuns, nextVisits(linkPagesPerChunk), visits},
	"links_history": {everyRun, nextVisits(linkPagesPerChunk), visits},
	"hosts": {
		end:  fmt.Sprintf("SELECT max(id) FROM (SELECT id FROM _hosts WHERE ?1 = 0 AND id > ?2 ORDER BY id LIMIT %d)", hostsPerChunk),
		rows: "WHERE ?1 = 0 AND h.id > ?2 AND h.id <= ?3",
	},
}

// run gives the header and all rows.
func (e *export) run(to Sink) error {
	if err := to.Columns(e.columns); err != nil {
		return &sinkError{err}
	}
	cut, ok := cuts[e.view.name]
	if !ok || !e.view.takes(cut, e.conn) {
		return e.whole(to)
	}
	stmt, _, err := e.conn.PrepareTransient(e.sql(e.view.chunk(cut)))
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	runs, err := cut.list(e.conn)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := e.chunks(stmt, cut, run, to); err != nil {
			return err
		}
	}
	return nil
}

// whole reads a view in one go.
func (e *export) whole(to Sink) error {
	stmt, _, err := e.conn.PrepareTransient(e.sql(quoted(e.view.name)))
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	return e.give(stmt, to)
}

// chunks gives the rows of one run, chunk after chunk.
func (e *export) chunks(stmt *sqlite.Stmt, cut cut, run int64, to Sink) error {
	for after := int64(0); ; {
		end, err := number(e.conn, cut.end, run, after)
		if err != nil || end == 0 {
			return err
		}
		bind(stmt, run, after, end)
		if err := e.give(stmt, to); err != nil {
			return err
		}
		after = end
	}
}

// give steps a statement to its end and flushes the sink when nothing is held any
// more.
func (e *export) give(stmt *sqlite.Stmt, to Sink) error {
	e.where.bind(stmt)
	_, err := give(stmt, 0, to)
	if err := cmp.Or(err, stmt.Reset()); err != nil {
		return err
	}
	if err := to.Flush(); err != nil {
		return &sinkError{err}
	}
	return nil
}

// sql selects the columns from a source, where the conditions hold.
func (e *export) sql(source string) string {
	names := make([]string, len(e.columns))
	for i, name := range e.columns {
		names[i] = quoted(name)
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + source + e.where.sql()
}

// list returns the runs that a view is cut into, the single 0 when it knows none.
func (c cut) list(conn *sqlite.Conn) ([]int64, error) {
	if c.runs == "" {
		return []int64{0}, nil
	}
	var runs []int64
	return runs, rows(conn, c.runs, func(stmt *sqlite.Stmt) error {
		runs = append(runs, stmt.ColumnInt64(0))
		return nil
	})
}

// view is a public view as the file has it.
type view struct {
	name    string
	sql     string // its CREATE VIEW
	columns []viewColumn
}

// viewColumn is a column of a view and the type that SQLite finds for it, "" for
// that of an expression.
type viewColumn struct{ name, declared string }

// findView looks a public view up by its name.
func findView(conn *sqlite.Conn, name string) (view, error) {
	v := view{name: name}
	var known []string
	err := rows(conn, publicViews, func(stmt *sqlite.Stmt) error {
		known = append(known, stmt.ColumnText(0))
		if stmt.ColumnText(0) == name {
			v.sql = stmt.ColumnText(1)
		}
		return nil
	})
	if err != nil {
		return v, err
	}
	if v.sql == "" {
		return v, &SelectionError{"view", name, "", known}
	}
	return v, v.load(conn)
}

// publicViews gives the name and SQL of every public view, in the order of views.sql.
const publicViews = `SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND name NOT LIKE '\_%' ESCAPE '\' ORDER BY rowid`

func (v *view) load(conn *sqlite.Conn) error {
	return rows(conn, "SELECT name, type FROM pragma_table_xinfo(?)", func(stmt *sqlite.Stmt) error {
		v.columns = append(v.columns, viewColumn{stmt.ColumnText(0), stmt.ColumnText(1)})
		return nil
	}, v.name)
}

func (v *view) names() []string {
	names := make([]string, len(v.columns))
	for i, c := range v.columns {
		names[i] = c.name
	}
	return names
}

func (v *view) column(name string) (viewColumn, error) {
	i := slices.IndexFunc(v.columns, func(c viewColumn) bool { return c.name == name })
	if i < 0 {
		return viewColumn{}, &SelectionError{"column", name, v.name, v.names()}
	}
	return v.columns[i], nil
}

// chunk is the SELECT of the view with the condition of a cut. Its tables are read in
// the order in which they stand there, from the visits on: SQLite plans for the whole
// view and might begin with a table that the cut does not narrow.
func (v *view) chunk(c cut) string {
	body := v.sql[max(0, strings.Index(v.sql, "\nSELECT\n")):]
	return "(" + strings.ReplaceAll(body, "\nJOIN ", "\nCROSS JOIN ") + "\n" + c.rows + ")"
}

// takes reports whether the view of this file, which another version of Sonde may
// have made, can be cut as this version does it.
func (v *view) takes(c cut, conn *sqlite.Conn) bool {
	stmt, _, err := conn.PrepareTransient("SELECT 1 FROM " + v.chunk(c))
	if err == nil {
		err = stmt.Finalize()
	}
	return err == nil
}

// quoted writes a name as SQL does.
func quoted(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
