package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// Listing is what a person wants to see at once of a public view.
type Listing struct {
	Selection
	Sort       string // the column that orders the rows, NULLs last; "": the order of the file, which costs nothing
	Descending bool   // of Sort
	After      string // [Listed.Next] of the rows before; "": from the beginning
	Rows       int    // at most
	Patience   time.Duration
}

// Listed are the rows of a [Listing]. Cells are nil, int64, float64, string or []byte.
type Listed struct {
	Columns []string
	Rows    [][]any
	Next    string // what stands after these rows; "": nothing
	Paused  bool   // patience ended before so many rows were found; Next goes on from there
}

// ErrPlace is the error of a place in a list ([Listing.After]) that does not exist.
var ErrPlace = errors.New("there is no such place in the list")

// longest is how many times its patience a listing in the order of the file may take: a
// chunk that was begun is read to its end.
const longest = 4

// List gives some rows of a view, found by their keys and not by their number, so that
// the last page costs what the first does. In the order of the file it looks at chunk
// after chunk and pauses when patience ends. By a column it has to see all rows that
// the filters leave; the error is [ErrTooSlow] when it could not, and whoever asks again
// goes on from where it came.
func (f *File) List(ctx context.Context, l Listing) (listed Listed, err error) {
	limit := longest * l.Patience
	if l.Sort != "" {
		limit = l.Patience
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTooSlow)
	defer cancel()
	var s *lister
	err = f.Read(ctx, func(conn *sqlite.Conn) error {
		if s, err = newLister(f, conn, l); err != nil {
			return err
		}
		listed.Columns = s.columns
		if s.inChunks {
			return nil
		}
		return s.list(&listed)
	})
	if err != nil || !s.inChunks {
		return listed, err
	}
	return listed, f.sort(ctx, s, &listed)
}

// lister reads one listing.
type lister struct {
	Listing
	conn     *sqlite.Conn
	view     view
	columns  []string
	where    conditions
	cut      cut  // of a view that is cut
	isCut    bool // whether it is one
	isFew    bool // whether it is clear beforehand that there are few rows
	inChunks bool // whether its rows are sorted chunk by chunk
	after    mark // where to begin; nil: at the beginning
	at       mark // of the last row that was taken
	deadline time.Time
	prepared map[string]*sqlite.Stmt // by their SQL
}

// mark is a place in a list: what the row before it is sorted by, in a list that is
// sorted, and the keys of that row.
type mark []any

func newLister(f *File, conn *sqlite.Conn, l Listing) (*lister, error) {
	v, err := f.view(conn, l.View)
	if err != nil {
		return nil, err
	}
	s := &lister{Listing: l, conn: conn, view: v, deadline: time.Now().Add(l.Patience), prepared: map[string]*sqlite.Stmt{}}
	if s.columns, s.where, err = v.chosen(l.Selection); err != nil {
		return nil, err
	}
	if l.Sort != "" {
		if _, err := v.column(l.Sort); err != nil {
			return nil, err
		}
	}
	if s.isCut = v.isCut; s.isCut {
		if s.cut, err = v.narrowed(v.cut, l.Selection, conn); err != nil {
			return nil, err
		}
	}
	if s.after, err = s.readMark(); err != nil || !s.isCut {
		return s, err
	}
	s.isFew, err = s.few()
	s.inChunks = s.Sort != "" && !s.isFew
	return s, err
}

func (s *lister) list(to *Listed) error {
	switch {
	case !s.isCut:
		return s.whole(to)
	case s.isFew:
		return s.sorted(to)
	}
	return s.walk(to)
}

// pointed are the columns by whose values SQLite finds rows at once, by indexes, and
// pointedNoRun those of views that no run stands behind.
var (
	pointed      = []string{"url", "source_url", "target_url"}
	pointedNoRun = []string{"name", "host"}
)

// fewRows are soon found and sorted.
const fewRows = 2000

// few reports whether the rows of the selection are few and found by an index, so that
// nobody need walk through all to find them.
func (s *lister) few() (bool, error) {
	columns := pointed
	if s.cut.runs == "" {
		columns = pointedNoRun
	}
	if !slices.ContainsFunc(s.Where, func(f Filter) bool {
		return slices.Contains(columns, f.Column) && (f.Operator == "" || f.Operator == "exact")
	}) {
		return false, nil
	}
	found := int64(0)
	query := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s%s LIMIT %d)", quoted(s.view.name), s.where.sql(), fewRows+1)
	err := s.read(query, s.where, nil, func(cells []any) { found, _ = cells[0].(int64) })
	return found <= fewRows, err
}

// take adds a row and remembers its place. Of the row after the last it takes only
// that there is one.
func (s *lister) take(to *Listed, row []any, at mark) {
	if len(to.Rows) == s.Rows {
		to.Next = s.at.String()
		return
	}
	to.Rows = append(to.Rows, row)
	s.at = at
}

// walk goes through the chunks of a view in their order.
func (s *lister) walk(to *Listed) (err error) {
	runs, err := s.runs()
	if err != nil {
		return err
	}
	defer func() {
		for _, stmt := range s.prepared {
			err = cmp.Or(err, stmt.Finalize())
		}
	}()
	from := int64(0)
	if s.after != nil {
		if runs = runsFrom(runs, s.after[0]); len(runs) == 0 {
			return ErrPlace
		}
		from = s.after[1].(int64) - 1
	}
	for _, run := range runs {
		if err = s.walkRun(to, run, from); err != nil || to.Next != "" {
			return err
		}
		from = 0
	}
	return err
}

// runs are those whose rows may be in the list.
func (s *lister) runs() ([]int64, error) {
	runs, err := s.cut.list(s.conn)
	for _, f := range s.Where {
		if f.Column == "run_id" && (f.Operator == "" || f.Operator == "exact") {
			wanted, _ := parseNumber(f.Value)
			runs = slices.DeleteFunc(runs, func(run int64) bool { return any(run) != wanted })
		}
	}
	return runs, err
}

// runsFrom are the runs from one on.
func runsFrom(runs []int64, first any) []int64 {
	for i, run := range runs {
		if run == first {
			return runs[i:]
		}
	}
	return nil
}

// Chunks grow while they are read faster than this.
const quick = 20 * time.Millisecond

func (s *lister) walkRun(to *Listed, run, from int64) error {
	for size := int64(s.Rows) + 1; to.Next == ""; {
		var end int64
		var err error
		if from, end, err = s.cut.next(s.conn, run, from, size); err != nil || end == 0 {
			return err
		}
		began := time.Now()
		if err := s.chunk(to, run, from, end); err != nil {
			return err
		}
		if time.Since(began) < quick {
			size *= 4
		}
		if from = end; to.Next == "" && time.Now().After(s.deadline) {
			to.Paused, to.Next = true, s.endOf(run, end).String()
		}
	}
	return nil
}

// endOf is the place behind all rows of one key.
func (s *lister) endOf(run, key int64) mark {
	m := mark{run, key}
	for range s.cut.keys[1:] {
		m = append(m, int64(math.MaxInt64))
	}
	return m
}

// chunk takes the rows of one chunk. They come in the order of the keys by the way in
// which the tables are read, without being sorted.
func (s *lister) chunk(to *Listed, run, from, end int64) error {
	where := s.where.clone()
	if s.after != nil && s.after[0] == run && from < s.after[1].(int64) {
		where.all = append(where.all, where.beyond(s.keys(), s.after[1:]))
	}
	stmt, err := s.prepare(fmt.Sprintf("SELECT %s FROM %s%s LIMIT %s",
		joined(s.keys(), quotedAll(s.columns)), s.keyed(s.cut.rows), where.sql(), where.value(int64(s.Rows-len(to.Rows)+1))))
	if err != nil {
		return err
	}
	defer stmt.Reset()
	return where.each(stmt, []int64{run, from, end}, func(stmt *sqlite.Stmt) {
		cells := cellsOf(stmt)
		s.take(to, cells[len(s.cut.keys):], append(mark{run}, cells[:len(s.cut.keys)]...))
	})
}

// prepare compiles the query of chunks once for all of them: to find it compiled with the
// connection would cost as much each time, since SQLite plans anew when values were cleared.
func (s *lister) prepare(query string) (*sqlite.Stmt, error) {
	if stmt := s.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, _, err := s.conn.PrepareTransient(query)
	if err == nil {
		s.prepared[query] = stmt
	}
	return stmt, err
}

// sorted finds the keys of the first of few rows by a column, or in the order of the
// file, and then these rows.
func (s *lister) sorted(to *Listed) error {
	where := s.where.clone()
	keys := append([]string{"_run"}, s.keys()...)
	marked := s.beyond(&where, keys)
	query := fmt.Sprintf("SELECT %s FROM %s%s%s LIMIT %d",
		joined(marked, keys), s.keyed(""), where.sql(), s.order(keys), s.Rows+1)
	var marks []mark
	if err := s.read(query, where, nil, func(cells []any) {
		marks = append(marks, cells)
	}); err != nil {
		return err
	}
	return s.takeAll(to, marks, len(marked))
}

// takeAll takes the rows at some marks, whose keys begin at one of their cells.
func (s *lister) takeAll(to *Listed, marks []mark, keys int) error {
	if len(marks) == 0 {
		return nil
	}
	query, where := s.rowAt()
	stmt, err := s.conn.Prepare(query) // once: to be prepared again costs more than to read a row
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for _, m := range marks {
		where.args = m[keys+1:]
		row, err := fetch(stmt, where, m[keys].(int64), m[keys+1].(int64))
		if err != nil {
			return err
		}
		if row != nil { // it was there when its mark was found
			s.take(to, row, m)
		}
	}
	return nil
}

// fetch reads a row of a run by the values of its keys, the first of which is key; nil where
// it is gone.
func fetch(stmt *sqlite.Stmt, keys conditions, run, key int64) (row []any, err error) {
	bind(stmt, run, key-1, key)
	keys.bind(stmt)
	found, err := stmt.Step()
	if found {
		row = cellsOf(stmt)
	}
	return row, cmp.Or(err, stmt.Reset())
}

// rowAt is the query of one row by its keys, whose values are still to be given.
func (s *lister) rowAt() (query string, where conditions) {
	where = conditions{next: firstFree}
	for _, key := range s.keys() { // the first too: a chunk of one key may have very many rows
		where.all = append(where.all, key+" = "+where.value(nil))
	}
	return "SELECT " + strings.Join(quotedAll(s.columns), ", ") + " FROM " + s.keyed(s.cut.rows) + where.sql(), where
}

// whole reads a view that is not cut: its rows are few, so they are sorted each time.
func (s *lister) whole(to *Listed) error {
	where := s.where.clone()
	keys := s.view.keys()
	first := s.beyond(&where, keys)
	marked := len(first) + len(keys)
	query := fmt.Sprintf("SELECT %s FROM %s%s%s LIMIT %d",
		joined(first, keys, quotedAll(s.columns)), quoted(s.view.name), where.sql(), s.order(keys), s.Rows+1)
	return s.read(query, where, nil, func(cells []any) {
		s.take(to, cells[marked:], cells[:marked])
	})
}

// beyond holds that a row stands after the mark, and gives the column that is a part of
// marks besides the keys, if any.
func (s *lister) beyond(where *conditions, keys []string) []string {
	if s.Sort != "" {
		s.beyondSorted(where, keys)
		return []string{quoted(s.Sort)}
	}
	if s.after != nil {
		where.all = append(where.all, where.beyond(keys, s.after))
	}
	return nil
}

// beyondSorted holds that a row stands after the mark in a list that is sorted.
func (s *lister) beyondSorted(where *conditions, keys []string) {
	if s.after == nil {
		return
	}
	column, value := quoted(s.Sort), s.after[0]
	if value == nil {
		where.all = append(where.all, column+" IS NULL", where.beyond(keys, s.after[1:]))
		return
	}
	further := ">"
	if s.Descending {
		further = "<"
	}
	v := where.value(value)
	where.all = append(where.all, fmt.Sprintf("(%s %s %s OR %s IS NULL OR %s = %s AND %s)",
		column, further, v, column, column, v, where.beyond(keys, s.after[1:])))
}

// order is how the rows are sorted. SQLite shall find the rows by what filters them, and
// not go through all of them in this order: that is what the + tells it.
func (s *lister) order(keys []string) string {
	by := "+" + strings.Join(keys, ", +")
	switch {
	case s.Sort == "":
	case s.Descending:
		by = "+" + quoted(s.Sort) + " DESC NULLS LAST, " + by
	default:
		by = "+" + quoted(s.Sort) + " ASC NULLS LAST, " + by
	}
	return " ORDER BY " + by
}

// keys are the names that keyed gives to the keys of the cut.
func (s *lister) keys() []string {
	names := make([]string, len(s.cut.keys))
	for i := range names {
		names[i] = fmt.Sprintf("_key%d", i)
	}
	return names
}

// keyed is the view with its keys as further columns, narrowed by a condition in the
// words of its FROM.
func (s *lister) keyed(rows string) string {
	run := "0"
	if s.cut.runs != "" {
		run = "r.id"
	}
	named := run + " AS _run"
	for i, name := range s.keys() {
		named += ", " + s.cut.keys[i] + " AS " + name
	}
	body := strings.Replace(s.view.body(), "\nSELECT\n", "\nSELECT "+named+",\n", 1)
	if rows != "" {
		body = inOrder(body)
	}
	return "(" + body + "\n" + rows + ")"
}

// read runs a query and gives each row.
func (s *lister) read(query string, where conditions, numbers []int64, each func(cells []any)) error {
	return where.aggregate(s.conn, query, numbers, func(stmt *sqlite.Stmt) { each(cellsOf(stmt)) })
}

// cellsOf is the row that a statement is at.
func cellsOf(stmt *sqlite.Stmt) []any {
	cells := make([]any, stmt.ColumnCount())
	for i := range cells {
		switch stmt.ColumnType(i) {
		case sqlite.TypeInteger:
			cells[i] = stmt.ColumnInt64(i)
		case sqlite.TypeFloat:
			cells[i] = stmt.ColumnFloat(i)
		case sqlite.TypeText:
			cells[i] = stmt.ColumnText(i)
		case sqlite.TypeBlob:
			blob := make([]byte, stmt.ColumnLen(i))
			stmt.ColumnBytes(i, blob)
			cells[i] = blob
		}
	}
	return cells
}

// String writes a place as a token for URLs.
func (m mark) String() string {
	b, _ := json.Marshal([]any(m)) // numbers and texts only
	return base64.RawURLEncoding.EncodeToString(b)
}

// readMark reads the place to begin at, and holds that it can be one of this list.
func (s *lister) readMark() (mark, error) {
	if s.After == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s.After)
	if err != nil {
		return nil, ErrPlace
	}
	var m mark
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	if err := decoder.Decode(&m); err != nil {
		return nil, ErrPlace
	}
	keys := len(s.view.keys())
	if s.isCut {
		keys = 1 + len(s.cut.keys)
	}
	sorted := 0
	if s.Sort != "" {
		sorted = 1
	}
	if len(m) != sorted+keys {
		return nil, ErrPlace
	}
	return m, m.settle(s.isCut, sorted)
}

// settle gives the cells of a mark their types: the keys of a cut are integers.
func (m mark) settle(integers bool, from int) error {
	for i, cell := range m {
		switch v := cell.(type) {
		case json.Number:
			if m[i], _ = parseNumber(v.String()); m[i] == nil {
				return ErrPlace
			}
		case string, nil:
		default:
			return ErrPlace
		}
		if _, isInteger := m[i].(int64); integers && i >= from && !isInteger {
			return ErrPlace
		}
	}
	return nil
}

// joined writes lists of names as one.
func joined(lists ...[]string) string { return strings.Join(slices.Concat(lists...), ", ") }

func quotedAll(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = quoted(name)
	}
	return all
}
