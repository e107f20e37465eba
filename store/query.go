package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// Sink takes the rows of an answer. Columns is called first and once. Then each row
// is as many calls of Null, Integer, Float, Text and Blob as there are columns, in
// their order, and one of EndRow. Bytes are only lent for the call. An error of
// Columns or EndRow ends the answer and is returned as it is.
type Sink interface {
	Columns(names []string) error
	Null()
	Integer(int64)
	Float(float64)
	Text([]byte) // UTF-8, or what a stranger passed for it
	Blob([]byte)
	EndRow() error
}

// Limits bounds one query. Zero is no limit.
type Limits struct {
	Time   time.Duration // from the first step to the last
	Rows   int64         // given to the sink; more are left out
	Length int           // bytes of one text or blob; with it the query itself is bounded, to a size and depth that no person writes
}

// The errors of a query that came to a limit. [errors.Is] finds them in what
// [File.Query] returns.
var (
	ErrTooSlow = errors.New("the query took too long")
	ErrTooBig  = errors.New("a text or blob grew too long")
)

// QueryError is what is wrong with the SQL of a query.
type QueryError struct {
	Line, Column int    // of the place, from 1; 0 when SQLite names none
	Near         string // what stands there, cut short
	What         string // in SQLite's words, or ours
}

func (e *QueryError) Error() string {
	if e.Line == 0 {
		return "SQL: " + e.What
	}
	return fmt.Sprintf("SQL, line %d, column %d (%s): %s", e.Line, e.Column, e.Near, e.What)
}

// Query answers any SELECT by a person, and EXPLAIN and the PRAGMAs that describe
// tables. Nothing that it is asked can change the file or reach another: the
// connection is its own, read-only, and what a statement does is checked against a
// list of what is allowed (see guard). truncated tells that there were more rows
// than limits allow.
//
// The error is a *[QueryError] when the SQL is at fault, [ErrTooSlow] or [ErrTooBig]
// at a limit, or that of ctx.
func (f *File) Query(ctx context.Context, sql string, args []any, limits Limits, to Sink) (truncated bool, err error) {
	conn, err := openReader(f.path)
	if err != nil {
		return false, err
	}
	defer func() { err = cmp.Or(err, conn.Close()) }()
	g, err := newGuard(conn)
	if err != nil {
		return false, openError(f.path, err)
	}
	return g.answer(ctx, sql, args, limits, to)
}

// CheckQuery tells what is wrong with the SQL of a query without running it: nil, or what
// [File.Query] would say before its first row.
func (f *File) CheckQuery(ctx context.Context, sql string) (err error) {
	conn, err := openReader(f.path)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, conn.Close()) }()
	g, err := newGuard(conn)
	if err != nil {
		return openError(f.path, err)
	}
	if err := g.install(); err != nil {
		return err
	}
	stmt, err := g.prepare(sql)
	if err != nil {
		return g.explain(ctx, Limits{}, err)
	}
	return stmt.Finalize()
}

// answer runs one statement and gives its rows to the sink.
func (g *guard) answer(ctx context.Context, sql string, args []any, limits Limits, to Sink) (truncated bool, err error) {
	if limits.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limits.Time, ErrTooSlow)
		defer cancel()
	}
	limits.set(g.conn)
	if err := g.install(); err != nil {
		return false, err
	}
	g.conn.SetInterrupt(ctx.Done())
	defer g.conn.SetInterrupt(nil)
	stmt, err := g.prepareSparing(sql)
	if err != nil {
		return false, g.explain(ctx, limits, err)
	}
	defer stmt.Finalize()
	if err := bindArgs(stmt, args); err != nil {
		return false, err
	}
	if err := to.Columns(g.columnNames(stmt, sql)); err != nil {
		return false, err
	}
	truncated, err = give(stmt, limits.Rows, to)
	if sunk, ok := err.(*sinkError); ok {
		return false, sunk.error
	}
	if err != nil {
		return false, g.explain(ctx, limits, err)
	}
	return truncated, nil
}

// prepareSparing compiles sql so that views look into no more than it asks for.
func (g *guard) prepareSparing(sql string) (*sqlite.Stmt, error) {
	g.columns = map[string]map[string]bool{}
	stmt, err := g.prepare(sql)
	if err != nil {
		return nil, err
	}
	spared, err := g.spare(sql, g.columns)
	if !spared && err == nil {
		return stmt, nil
	}
	if err := cmp.Or(err, stmt.Finalize()); err != nil {
		return nil, err
	}
	return g.prepare(sql)
}

// prepare compiles sql if it is exactly one statement.
func (g *guard) prepare(sql string) (*sqlite.Stmt, error) {
	start := blank(sql)
	if start == len(sql) {
		return nil, &QueryError{What: "there is no statement"}
	}
	if at := strings.IndexByte(sql, 0); at >= 0 {
		return nil, errorAt(sql, at, "there is a NUL byte")
	}
	g.refused = ""
	stmt, trailing, err := g.conn.PrepareTransient(sql[start:])
	if err != nil {
		at, placed := sqlite.ErrorOffset(err)
		if placed && at < len(sql)-start && sqlite.ErrCode(err) == sqlite.ResultError {
			return nil, errorAt(sql, start+at, cmp.Or(g.refused, message(err)))
		}
		return nil, err
	}
	rest := len(sql) - trailing
	if next := rest + blank(sql[rest:]); next < len(sql) {
		return nil, errors.Join(errorAt(sql, next, "one statement at a time, and here begins another"), stmt.Finalize())
	}
	return stmt, nil
}

// blank is how many bytes of sql come before the first token: white space, comments
// and semicolons.
func blank(sql string) int {
	rest := sql
	for {
		rest = strings.TrimLeft(rest, " \t\n\f\r;")
		switch {
		case strings.HasPrefix(rest, "--"):
			_, rest, _ = strings.Cut(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			_, rest, _ = strings.Cut(rest[2:], "*/")
		default:
			return len(sql) - len(rest)
		}
	}
}

// errorAt is a [QueryError] at a byte of sql.
func errorAt(sql string, at int, what string) *QueryError {
	before := sql[:at]
	line := 1 + strings.Count(before, "\n")
	column := 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	near := []rune(strings.TrimSpace(firstLine(sql[at:])))
	if len(near) > 20 {
		near = append(near[:20], '…')
	}
	return &QueryError{Line: line, Column: column, Near: string(near), What: what}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// message is what SQLite says of an error, without the words that the packages
// between put before it.
func message(err error) string {
	text := err.Error()
	for _, generic := range []string{"SQL logic error: ", "authorization denied: "} {
		if i := strings.Index(text, generic); i >= 0 {
			return text[i+len(generic):]
		}
	}
	return strings.TrimPrefix(strings.TrimPrefix(text, "sqlite: prepare: "), "sqlite: step: ")
}

// explain puts into words why a query failed: what the guard refused, a limit, the
// end of ctx, or what SQLite says.
func (g *guard) explain(ctx context.Context, limits Limits, err error) error {
	var ours *QueryError
	if err == nil || errors.As(err, &ours) {
		return err
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultAuth:
		return &QueryError{What: g.refused}
	case sqlite.ResultInterrupt:
		if errors.Is(context.Cause(ctx), ErrTooSlow) {
			return fmt.Errorf("%w: it was ended after %v; ask for less, or see its plan with EXPLAIN QUERY PLAN", ErrTooSlow, limits.Time)
		}
		return context.Cause(ctx)
	case sqlite.ResultTooBig:
		return fmt.Errorf("%w: at most %d bytes are allowed", ErrTooBig, g.conn.Limit(sqlite.LimitLength, -1))
	case sqlite.ResultError:
		return &QueryError{What: message(err)}
	}
	return fmt.Errorf("reading the database: %w", err)
}

// set bounds what a connection will do.
func (l Limits) set(conn *sqlite.Conn) {
	conn.Limit(sqlite.LimitAttached, 0)
	conn.Limit(sqlite.LimitWorkerThreads, 0)
	if l.Length <= 0 {
		return
	}
	conn.Limit(sqlite.LimitLength, int32(min(l.Length, math.MaxInt32)))
	conn.Limit(sqlite.LimitSQLLength, 100_000)
	conn.Limit(sqlite.LimitColumn, 500)
	conn.Limit(sqlite.LimitExprDepth, 100)
	conn.Limit(sqlite.LimitCompoundSelect, 50)
	conn.Limit(sqlite.LimitLikePatternLength, 1000)
	conn.Limit(sqlite.LimitVDBEOp, 250_000)
}

// bindArgs gives a statement the values of its parameters: nil, bool, int, int64,
// float64, string or []byte.
func bindArgs(stmt *sqlite.Stmt, args []any) error {
	if want := stmt.BindParamCount(); want != len(args) {
		return &QueryError{What: fmt.Sprintf("the statement has parameters for %d values and %d were given", want, len(args))}
	}
	for i, arg := range args {
		if err := bindArg(stmt, i+1, arg); err != nil {
			return err
		}
	}
	return nil
}

// bindArg gives a parameter its value.
func bindArg(stmt *sqlite.Stmt, i int, arg any) error {
	switch v := arg.(type) {
	case nil:
		stmt.BindNull(i)
	case bool:
		stmt.BindBool(i, v)
	case int:
		stmt.BindInt64(i, int64(v))
	case int64:
		stmt.BindInt64(i, v)
	case float64:
		stmt.BindFloat(i, v)
	case string:
		stmt.BindText(i, v)
	case []byte:
		stmt.BindBytes(i, v)
	default:
		return fmt.Errorf("a value of type %T cannot be given to a query", arg)
	}
	return nil
}

// columnNames returns the names of a statement's columns.
func (g *guard) columnNames(stmt *sqlite.Stmt, sql string) []string {
	names := columnNames(stmt)
	if !slices.Contains(names, "") {
		return names
	}
	// Of columns with the same name zombiezen.com/go/sqlite knows the last only. As
	// columns of a subquery they have different names: a, a:1, a:2.
	inner := strings.TrimRight(sql[blank(sql):], " \t\n\f\r;")
	outer, _, err := g.conn.PrepareTransient("SELECT * FROM (\n" + inner + "\n)")
	if err != nil {
		return names
	}
	defer outer.Finalize()
	for i, name := range columnNames(outer) {
		if original, _, numbered := cutLast(name, ":"); names[i] == "" && numbered && slices.Contains(names, original) {
			names[i] = original
		} else if names[i] == "" {
			names[i] = name
		}
	}
	return names
}

func columnNames(stmt *sqlite.Stmt) []string {
	names := make([]string, stmt.ColumnCount())
	for i := range names {
		names[i] = stmt.ColumnName(i)
	}
	return names
}

// cutLast cuts text around the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// give steps a statement to its end, or to the limit of rows (0: none). What goes
// wrong in the sink is a *sinkError.
func give(stmt *sqlite.Stmt, limit int64, to Sink) (truncated bool, err error) {
	c := cells{stmt: stmt, count: stmt.ColumnCount()}
	for rows := int64(0); ; rows++ {
		more, err := stmt.Step()
		if err != nil || !more {
			return false, err
		}
		if limit > 0 && rows == limit {
			return true, nil
		}
		if err := c.give(to); err != nil {
			return false, &sinkError{err}
		}
	}
}

// sinkError tells an error of a sink from those of SQLite.
type sinkError struct{ error }

// cells hands the columns of a statement's row on, through one buffer for all.
type cells struct {
	stmt   *sqlite.Stmt
	count  int
	buffer []byte
}

// give hands over the row that the statement is at.
func (c *cells) give(to Sink) error {
	for i := range c.count {
		switch c.stmt.ColumnType(i) {
		case sqlite.TypeInteger:
			to.Integer(c.stmt.ColumnInt64(i))
		case sqlite.TypeFloat:
			to.Float(c.stmt.ColumnFloat(i))
		case sqlite.TypeText:
			to.Text(c.bytes(i))
		case sqlite.TypeBlob:
			to.Blob(c.bytes(i))
		default:
			to.Null()
		}
	}
	return to.EndRow()
}

func (c *cells) bytes(i int) []byte {
	size := c.stmt.ColumnLen(i)
	if size > len(c.buffer) {
		c.buffer = make([]byte, size+size/4)
	}
	return c.buffer[:c.stmt.ColumnBytes(i, c.buffer[:size])]
}
