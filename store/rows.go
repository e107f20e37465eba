package store

import (
	"context"

	"zombiezen.com/go/sqlite"
)

// Rows runs a SELECT of this program's own on a connection that can only read, and calls
// each for every row. What people typed goes through [File.Query].
func (f *File) Rows(ctx context.Context, sql string, named Named, each func(Row) error) error {
	return f.Read(ctx, func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare(sql) // which keeps it: pages ask the same again and again
		if err != nil {
			return inWordsOfSQL(sql, err)
		}
		defer stmt.Reset()
		if err := bindNamed(stmt, named); err != nil {
			return err
		}
		return giveRows(stmt, sql, each)
	})
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
