package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"zombiezen.com/go/sqlite"
)

// Selection is what is wanted of a public view.
type Selection struct {
	View    string
	Columns []string // in this order; none: all of the view
	Where   []Filter // all must hold
	Search  string   // a text that one of the columns holds that people search (see [Searched]); "": any row
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
// chunks, each a transaction of its own that is over before its rows are given: a slow
// reader does not keep the log of a crawl that goes on from being moved into the file.
// Rows come in the order of site, run and URL number; every row that was there when
// the export began is given once.
//
// The error is a *[SelectionError] or *[ValueError] when the selection does not fit
// the view, what the sink says, or that of ctx.
func (f *File) Export(ctx context.Context, s Selection, to Sink) error {
	e := &export{path: f.path}
	if err := f.Read(ctx, func(conn *sqlite.Conn) error { return e.prepare(f, conn, s) }); err != nil {
		return err
	}
	err := e.run(ctx, to)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if sqlite.ErrCode(err) != sqlite.ResultError && err != nil {
		return fmt.Errorf("exporting %s: %w", s.View, err)
	}
	return err
}

// export is what one export is to read.
type export struct {
	path    string
	view    view
	columns []string
	where   conditions
	cut     cut
	query   string // of one chunk
}

// prepare finds out how to read a selection.
func (e *export) prepare(f *File, conn *sqlite.Conn, s Selection) (err error) {
	if e.view, err = f.view(conn, s.View); err != nil {
		return err
	}
	if e.columns, e.where, err = e.view.chosen(s); err != nil {
		return err
	}
	if e.view.isCut {
		if e.cut, err = e.view.narrowed(e.view.cut, s, conn); err != nil {
			return err
		}
	}
	s.Columns = e.columns
	e.query = "SELECT " + joined(quotedAll(e.columns)) + " FROM " + e.source(s) + e.where.sql()
	return nil
}

// source is what the rows of one chunk are read from, with the columns of a selection.
func (e *export) source(s Selection) string {
	if e.cut.end == "" {
		return quoted(e.view.name)
	}
	return inChunks(e.view.sparing(e.view.asked(s)), e.cut)
}

// cut says how the rows of a view are cut into chunks. In its SQL ?1 is the run, ?2
// the last key of the chunk before, ?3 the last of this one.
type cut struct {
	runs string   // the runs, one chunk never holds rows of two; "": the view knows none
	end  string   // the last key of a chunk of ?3 keys after ?2, NULL when there is none
	size int64    // keys of a chunk
	rows string   // the rows of a chunk, in the words of the view's FROM
	keys []string // what tells the rows of a run apart, in their order, the key of the cut first

	// brief is a SELECT of run_id, key and columns of the view, by which chunks are passed
	// over that have no row for a filter on these columns; "": nothing tells.
	brief string
	args  []any // of end, besides those three
}

// firstFree is the number of the first parameter that a cut leaves free.
const firstFree = 4

const (
	latestRuns = "SELECT last_run_id FROM _sites WHERE last_run_id IS NOT NULL ORDER BY id"
	everyRun   = "SELECT id FROM _runs ORDER BY site_id, id"
	visits     = "WHERE r.id = ?1 AND v.url_id > ?2 AND v.url_id <= ?3"
	nextVisits = "SELECT max(url_id) FROM (SELECT url_id FROM _visits WHERE run_id = ?1 AND url_id > ?2 ORDER BY url_id LIMIT ?3)"
)

// Issues are read rule by rule.
const (
	nextRule     = "SELECT min(rule_id) FROM _issues WHERE run_id = ?1 AND rule_id > ?2 AND ?3 > 0"
	issuesOfRule = "WHERE r.id = ?1 AND i.rule_id > ?2 AND i.rule_id <= ?3"
	issueBrief   = `SELECT c.run_id, c.rule_id AS key, ru.name AS rule, ru.title, ru.subject,
		CASE c.severity WHEN 1 THEN 'critical' WHEN 2 THEN 'high' WHEN 3 THEN 'medium' WHEN 4 THEN 'low' ELSE 'info' END AS severity
		FROM _issue_counts c JOIN _rules ru ON ru.id = c.rule_id`
)

// Changes are read in the order in which they were written.
const (
	nextChanges  = "SELECT max(id) FROM (SELECT id FROM _changes WHERE run_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3)"
	changesOfRun = "WHERE r.id = ?1 AND c.id > ?2 AND c.id <= ?3"
)

// A chunk takes some 20 ms to read and gives about a megabyte.
const (
	pagesPerChunk     = 1000
	linkPagesPerChunk = 100
	factsPerChunk     = 1000
)

// byID cuts a view that no run stands behind by the number of a table's rows; alias is
// the table's name in the view.
func byID(table, alias string) cut {
	return cut{
		end:  fmt.Sprintf("SELECT max(id) FROM (SELECT id FROM %s WHERE ?1 = 0 AND id > ?2 ORDER BY id LIMIT ?3)", table),
		size: factsPerChunk,
		keys: []string{alias + ".id"},
		rows: fmt.Sprintf("WHERE ?1 = 0 AND %[1]s.id > ?2 AND %[1]s.id <= ?3", alias),
	}
}

// cuts are the views that are read in chunks. The others are small.
var cuts = map[string]cut{
	"pages":          {runs: latestRuns, end: nextVisits, size: pagesPerChunk, rows: visits, keys: pageKeys},
	"pages_history":  {runs: everyRun, end: nextVisits, size: pagesPerChunk, rows: visits, keys: pageKeys},
	"links":          {runs: latestRuns, end: nextVisits, size: linkPagesPerChunk, rows: visits, keys: linkKeys},
	"links_history":  {runs: everyRun, end: nextVisits, size: linkPagesPerChunk, rows: visits, keys: linkKeys},
	"hosts":          byID("_hosts", "h"),
	"dns_records":    byID("_dns_records", "d"),
	"ports":          byID("_ports", "p"),
	"certificates":   byID("_certificate_sightings", "k"),
	"issues":         {runs: latestRuns, end: nextRule, size: 1, rows: issuesOfRule, keys: issueKeys, brief: issueBrief},
	"issues_history": {runs: everyRun, end: nextRule, size: 1, rows: issuesOfRule, keys: issueKeys, brief: issueBrief},

	"changes":         {runs: latestRuns, end: nextChanges, size: factsPerChunk, rows: changesOfRun, keys: changeKeys},
	"changes_history": {runs: everyRun, end: nextChanges, size: factsPerChunk, rows: changesOfRun, keys: changeKeys},
}

var (
	pageKeys   = []string{"v.url_id"}
	linkKeys   = []string{"v.url_id", "b.place", "l.id"}
	issueKeys  = []string{"i.rule_id", "i.subject_id"}
	changeKeys = []string{"c.id"}
)

// next is the chunk of so many keys after one: what stands before it, and its last key,
// 0 when there is none.
func (c cut) next(conn *sqlite.Conn, run, after, size int64) (before, end int64, err error) {
	end, err = number(conn, c.end, append([]any{run, after, size}, c.args...)...)
	if c.brief != "" {
		after = end - 1 // its chunks are single keys
	}
	return after, end, err
}

// each calls do for every chunk, in their order.
func (c cut) each(conn *sqlite.Conn, do func(*chunk) error) error {
	runs, err := c.list(conn)
	if err != nil {
		return err
	}
	for _, run := range runs {
		for after := int64(0); ; {
			var end int64
			if after, end, err = c.next(conn, run, after, c.size); err != nil {
				return err
			}
			if end == 0 {
				break
			}
			if err := do(newChunk(run, after, end)); err != nil {
				return err
			}
			after = end
		}
	}
	return nil
}

// list returns the runs that a view is cut into, the single 0 when it knows none.
func (c cut) list(conn *sqlite.Conn) ([]int64, error) {
	if c.runs == "" {
		return []int64{0}, nil
	}
	var runs []int64
	err := rows(conn, c.runs, func(stmt *sqlite.Stmt) error {
		runs = append(runs, stmt.ColumnInt64(0))
		return nil
	})
	return runs, err
}

// view is a public view as the file has it.
type view struct {
	name    string
	sql     string // its CREATE VIEW
	columns []viewColumn
	cut     cut  // how it is read in chunks
	isCut   bool // whether it is
}

// viewColumn is a column of a view and the type that SQLite finds for it, "" for
// that of an expression.
type viewColumn struct{ name, declared string }

// findView reads a public view from the schema.
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
	if err := v.load(conn); err != nil {
		return v, err
	}
	v.cut, v.isCut = cuts[name]
	v.isCut = v.isCut && v.takes(v.cut, conn)
	return v, nil
}

// views are those of a file that were looked up, for as long as its schema stays the same:
// every table that is shown asks for one.
type views struct {
	mu     sync.Mutex
	schema int64
	known  map[string]view
}

// view looks a public view up by its name.
func (f *File) view(conn *sqlite.Conn, name string) (view, error) {
	schema, err := number(conn, "PRAGMA schema_version")
	if err != nil {
		return view{}, err
	}
	f.views.mu.Lock()
	defer f.views.mu.Unlock()
	if f.views.known == nil || f.views.schema != schema {
		f.views.schema, f.views.known = schema, map[string]view{}
	}
	if v, ok := f.views.known[name]; ok {
		return v, nil
	}
	v, err := findView(conn, name)
	if err == nil {
		f.views.known[name] = v
	}
	return v, err
}

// publicViews gives the name and SQL of every public view, in the order of views.sql,
// those of every run last.
const publicViews = `SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND name NOT LIKE '\_%' ESCAPE '\'
ORDER BY name LIKE '%\_history' ESCAPE '\', rowid`

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

// inChunks is the SELECT of a view with the condition of a cut.
func inChunks(body string, c cut) string {
	return "(" + inOrder(body) + "\n" + c.rows + ")"
}

// inOrder has the tables of a view read in the order in which they stand there, from the
// visits on: SQLite plans for the whole view and might begin with a table that a cut does not
// narrow. A visit always has its URL.
func inOrder(body string) string {
	return strings.NewReplacer("\nJOIN ", "\nCROSS JOIN ", "\nLEFT JOIN _urls u ON u.id = v.url_id\n", "\nCROSS JOIN _urls u ON u.id = v.url_id\n").Replace(body)
}

// body is the SELECT of the view.
func (v *view) body() string { return v.sql[max(0, strings.Index(v.sql, "\nSELECT\n")):] }

// keys are expressions that tell the rows of a view apart that is not cut.
func (v *view) keys() []string {
	if keys := viewKeys[v.name]; keys != nil {
		return keys
	}
	keys := make([]string, len(v.columns))
	for i, c := range v.columns {
		keys[i] = "coalesce(" + quoted(c.name) + ", '')"
	}
	return keys
}

// viewKeys are the columns that tell the rows of views apart; of others it takes all.
var viewKeys = map[string][]string{
	"sites": {"id"}, "runs": {"id"}, "schedules": {"id"}, "slots": {"id"}, "rules": {"name"},
}

// takes reports whether the view of this file, which another version of Sonde may
// have made, can be cut as this version does it.
func (v *view) takes(c cut, conn *sqlite.Conn) bool {
	stmt, _, err := conn.PrepareTransient("SELECT 1 FROM " + inChunks(v.body(), c))
	if err == nil {
		err = stmt.Finalize()
	}
	return err == nil
}

// narrowed is a cut that passes over the chunks of which its brief tells that they have
// no row of the selection.
func (v *view) narrowed(c cut, s Selection, conn *sqlite.Conn) (cut, error) {
	if c.brief == "" {
		return c, nil
	}
	told := view{name: v.name}
	stmt, err := conn.Prepare(c.brief)
	if err != nil {
		return c, err
	}
	for _, name := range columnNames(stmt) {
		if known, err := v.column(name); err == nil {
			told.columns = append(told.columns, known)
		}
	}
	var filters []Filter
	for _, f := range s.Where {
		if _, err := told.column(f.Column); err == nil && f.Column != "run_id" {
			filters = append(filters, f)
		}
	}
	_, where, err := told.chosen(Selection{Where: filters})
	if err != nil || len(filters) == 0 {
		return c, err
	}
	c.end = "SELECT min(key) FROM (" + c.brief + ")" + where.sql() + " AND run_id = ?1 AND key > ?2 AND ?3 > 0"
	c.args = where.args
	return c, nil
}

// chosen reads what a selection chooses of the view.
func (v *view) chosen(s Selection) (columns []string, where conditions, err error) {
	if columns = s.Columns; len(columns) == 0 {
		columns = v.names()
	}
	for _, name := range columns {
		if _, err := v.column(name); err != nil {
			return nil, where, err
		}
	}
	where.next = firstFree
	for _, f := range s.Where {
		c, err := v.column(f.Column)
		if err != nil {
			return nil, where, err
		}
		if err := where.add(c, f); err != nil {
			return nil, where, err
		}
	}
	if s.Search != "" {
		where.search(v.searched(), s.Search)
	}
	return columns, where, nil
}

// Searched are the columns of a view that a search looks into, by view; of others all
// texts.
var Searched = map[string][]string{
	"pages":   {"url", "title"},
	"links":   {"source_url", "target_url", "anchor"},
	"hosts":   {"name"},
	"issues":  {"url", "host", "rule", "title"},
	"changes": {"subject", "what"},
}

// searched are the columns that a search of the view looks into.
func (v *view) searched() []viewColumn {
	wanted, listed := Searched[strings.TrimSuffix(v.name, "_history")]
	var columns []viewColumn
	for _, c := range v.columns {
		if slices.Contains(wanted, c.name) || !listed && c.declared == "TEXT" {
			columns = append(columns, c)
		}
	}
	return columns
}

// quoted writes a name as SQL does.
func quoted(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
