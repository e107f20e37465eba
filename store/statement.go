package store

import (
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// run steps a prepared statement that returns no rows and readies it for the next
// values. Values stay bound until they are bound anew.
func run(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	if resetErr := stmt.Reset(); err == nil {
		err = resetErr
	}
	return err
}

// one steps a prepared statement that returns at most one row and gives its first
// column, 0 when there is no row.
func one(stmt *sqlite.Stmt) (int64, error) {
	row, err := stmt.Step()
	var value int64
	if row {
		value = stmt.ColumnInt64(0)
	}
	if resetErr := stmt.Reset(); err == nil {
		err = resetErr
	}
	return value, err
}

// exec runs a statement that returns no rows.
func exec(conn *sqlite.Conn, query string, args ...any) error {
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args})
}

// number runs a query and gives the first column of its only row, 0 when there is
// none.
func number(conn *sqlite.Conn, query string, args ...any) (int64, error) {
	var value int64
	err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args:       args,
		ResultFunc: func(stmt *sqlite.Stmt) error { value = stmt.ColumnInt64(0); return nil },
	})
	return value, err
}

// rows runs a query and calls each for every row.
func rows(conn *sqlite.Conn, query string, each func(*sqlite.Stmt) error, args ...any) error {
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args, ResultFunc: each})
}

// bind binds numbers to the parameters of a statement, from the first on.
func bind(stmt *sqlite.Stmt, numbers ...int64) *sqlite.Stmt {
	for i, n := range numbers {
		stmt.BindInt64(i+1, n)
	}
	return stmt
}

// row binds the columns of one row, or of several, in their order.
type row struct {
	stmt  *sqlite.Stmt
	bound int
}

func (r *row) next() int {
	r.bound++
	return r.bound
}

func (r *row) null() { r.stmt.BindNull(r.next()) }

func (r *row) number(n int64) { r.stmt.BindInt64(r.next(), n) }

func (r *row) flag(b bool) { r.stmt.BindBool(r.next(), b) }

// id binds a number, NULL for 0.
func (r *row) id(id int64) {
	if id == 0 {
		r.null()
		return
	}
	r.number(id)
}

// text binds a text, NULL for "".
func (r *row) text(text string) {
	if text == "" {
		r.null()
		return
	}
	r.stmt.BindText(r.next(), strings.ToValidUTF8(text, "\uFFFD"))
}

// blob binds bytes, NULL for none.
func (r *row) blob(b []byte) {
	if b == nil {
		r.null()
		return
	}
	r.stmt.BindBytes(r.next(), b)
}

// values is a parenthesised list of n parameters, rows times.
func values(n, rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
}

// bulkRows is how many rows one statement of a bulk inserts at most.
const bulkRows = 64

// bulk inserts many rows with few statements: one for each number of rows, prepared when
// it is first wanted.
type bulk struct {
	conn    *sqlite.Conn
	insert  string // up to the rows: "INSERT INTO t (a, b)"
	columns int
	stmts   [bulkRows + 1]*sqlite.Stmt
}

// add inserts rows, whose numbers stand one row after the other.
func (b *bulk) add(numbers []int64) error {
	for len(numbers) > 0 {
		rows := min(len(numbers)/b.columns, bulkRows)
		stmt, err := b.stmt(rows)
		if err != nil {
			return err
		}
		if err := run(bind(stmt, numbers[:rows*b.columns]...)); err != nil {
			return err
		}
		numbers = numbers[rows*b.columns:]
	}
	return nil
}

func (b *bulk) stmt(rows int) (*sqlite.Stmt, error) {
	if b.stmts[rows] == nil {
		stmt, err := b.conn.Prepare(b.insert + " VALUES " + values(b.columns, rows))
		if err != nil {
			return nil, err
		}
		b.stmts[rows] = stmt
	}
	return b.stmts[rows], nil
}
