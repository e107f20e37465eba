package store

import (
	"context"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Named are the values of the parameters of a statement, by their names with the
// colon: ":run".
type Named map[string]any

// Row is one row of an answer. Columns count from 0; what is NULL is 0 or "".
type Row struct{ stmt *sqlite.Stmt }

// Null reports whether a column is NULL.
func (r Row) Null(column int) bool { return r.stmt.ColumnType(column) == sqlite.TypeNull }

// Int is a column as a whole number.
func (r Row) Int(column int) int64 { return r.stmt.ColumnInt64(column) }

// Float is a column as a number.
func (r Row) Float(column int) float64 { return r.stmt.ColumnFloat(column) }

// Text is a column as text.
func (r Row) Text(column int) string { return r.stmt.ColumnText(column) }

// Bytes is a copy of a column.
func (r Row) Bytes(column int) []byte {
	b := make([]byte, r.stmt.ColumnLen(column))
	return b[:r.stmt.ColumnBytes(column, b)]
}

// Each runs a SELECT of this program's own on a connection that can only read, and
// calls do for every row. What people typed goes through [File.Query].
func (f *File) Each(ctx context.Context, sql string, values Named, do func(Row) error) error {
	return f.Read(ctx, func(conn *sqlite.Conn) error { return each(conn, sql, values, do) })
}

// Derivation is a transaction on the file in which something is derived from what
// runs recorded: issues, changes, metrics.
type Derivation struct{ conn *sqlite.Conn }

// Derive calls do inside one transaction, which is undone when do fails or ctx ends.
// Nobody else writes meanwhile.
func (f *File) Derive(ctx context.Context, do func(*Derivation) error) error {
	return f.change(func(conn *sqlite.Conn) error {
		conn.SetInterrupt(ctx.Done())
		defer conn.SetInterrupt(nil)
		err := do(&Derivation{conn})
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	})
}

// Each runs a SELECT and calls do for every row.
func (d *Derivation) Each(sql string, values Named, do func(Row) error) error {
	return each(d.conn, sql, values, do)
}

// Exec runs a statement that returns no rows and tells how many it changed.
func (d *Derivation) Exec(sql string, values Named) (changed int64, err error) {
	err = sqlitex.Execute(d.conn, sql, &sqlitex.ExecOptions{Named: values})
	return int64(d.conn.Changes()), err
}

// Insertion is a statement that is run for many rows.
type Insertion struct{ stmt *sqlite.Stmt }

// Insert prepares a statement whose parameters are "?".
func (d *Derivation) Insert(sql string) (*Insertion, error) {
	stmt, err := d.conn.Prepare(sql)
	return &Insertion{stmt}, err
}

// Add runs the statement with the values of one row: nil, bool, int, int64, float64,
// string or []byte.
func (i *Insertion) Add(values ...any) error {
	if err := bindArgs(i.stmt, values); err != nil {
		return err
	}
	return run(i.stmt)
}

func each(conn *sqlite.Conn, sql string, values Named, do func(Row) error) error {
	return sqlitex.Execute(conn, sql, &sqlitex.ExecOptions{
		Named:      values,
		ResultFunc: func(stmt *sqlite.Stmt) error { return do(Row{stmt}) },
	})
}
