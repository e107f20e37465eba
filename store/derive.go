package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Named are the values of a statement's parameters by their names: {":run": 3}. They
// are nil, bool, int, int64, float64, string or []byte. Those that the statement does
// not have are left out.
type Named map[string]any

// Function is a Go function that SQL may call. The same arguments must always give
// the same answer. It may run statements of the connection that it is called on.
type Function struct {
	Name string
	Args int
	Call func(args []any) any // of nil, int64, float64, string or []byte, as are the arguments; an error fails the statement
}

// Derivation is a connection of its own on which something is derived from what is
// recorded: it reads the file and keeps what it computes in TEMP tables, however long
// that takes, and holds the writer only while [Derivation.Commit] writes the outcome.
type Derivation struct {
	file  *File
	conn  *sqlite.Conn
	guard *guard // of statements that people wrote; nil before the first
}

// derivingCache is the page cache of a derivation and of its TEMP tables, in KiB as the
// pragma has it. With eight times as much the rules take as long, and the process 45 MiB
// more. The caches of a process take pages from each other where these are of one size,
// and grow beyond their own where not: so TEMP tables have pages as large as the file's.
const derivingCache = 2048

// Derive calls do with a connection to derive something on, whose SQL knows the
// functions. It is interrupted when ctx ends. Only of a file that is open for writing
// can anything be committed.
func (f *File) Derive(ctx context.Context, functions []Function, do func(*Derivation) error) (err error) {
	mode, flags := "rw", sqlite.OpenReadWrite
	if f.write == nil {
		mode, flags = readMode(f.path), sqlite.OpenReadOnly
	}
	conn, err := sqlite.OpenConn(uri(f.path, mode), flags|sqlite.OpenURI)
	if err != nil {
		return openError(f.path, err)
	}
	defer func() { err = cmp.Or(err, conn.Close()) }()
	conn.SetBusyTimeout(10 * time.Second)
	if err := execAll(conn, pageSize, fmt.Sprintf("PRAGMA cache_size = -%d", derivingCache),
		fmt.Sprintf("PRAGMA temp.cache_size = -%d", derivingCache), "PRAGMA synchronous = NORMAL", "PRAGMA wal_autocheckpoint = 0"); err != nil {
		return err
	}
	for _, function := range functions {
		if err := conn.CreateFunction(function.Name, function.implementation()); err != nil {
			return err
		}
	}
	conn.SetInterrupt(ctx.Done())
	err = do(&Derivation{file: f, conn: conn})
	conn.SetInterrupt(nil)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (f Function) implementation() *sqlite.FunctionImpl {
	return &sqlite.FunctionImpl{
		NArgs: f.Args, Deterministic: true, AllowIndirect: true,
		Scalar: func(_ sqlite.Context, values []sqlite.Value) (sqlite.Value, error) {
			args := make([]any, len(values))
			for i, v := range values {
				args[i] = goValue(v)
			}
			return sqlValue(f.Call(args))
		},
	}
}

func goValue(v sqlite.Value) any {
	switch v.Type() {
	case sqlite.TypeInteger:
		return v.Int64()
	case sqlite.TypeFloat:
		return v.Float()
	case sqlite.TypeText:
		return v.Text()
	case sqlite.TypeBlob:
		return v.Blob()
	}
	return nil
}

func sqlValue(value any) (sqlite.Value, error) {
	switch v := value.(type) {
	case nil:
		return sqlite.Value{}, nil
	case bool:
		if v {
			return sqlite.IntegerValue(1), nil
		}
		return sqlite.IntegerValue(0), nil
	case int64:
		return sqlite.IntegerValue(v), nil
	case float64:
		return sqlite.FloatValue(v), nil
	case string:
		return sqlite.TextValue(v), nil
	case []byte:
		return sqlite.BlobValue(v), nil
	case error:
		return sqlite.Value{}, v
	}
	return sqlite.Value{}, fmt.Errorf("a function gave a value of type %T, which SQL does not know", value)
}

// Exec runs one statement for what it does, and tells how many rows it changed.
func (d *Derivation) Exec(sql string, named Named) (changed int, err error) {
	stmt, err := d.prepare(sql, named)
	if err != nil {
		return 0, err
	}
	defer stmt.Finalize()
	if _, err := stmt.Step(); err != nil {
		return 0, inWordsOfSQL(sql, err)
	}
	return d.conn.Changes(), nil
}

// Statistics tells SQLite, for every connection to the file, how large the tables are that an
// analysis fills. It is for [Derivation.Commit].
func (d *Derivation) Statistics() error {
	return execAll(d.conn, fewSamples, "ANALYZE _issues", "ANALYZE _changes", "ANALYZE _page_metrics",
		"ANALYZE _near_duplicates", issueStatistics, reread[0], reread[1])
}

// Script runs several statements, which have no parameters.
func (d *Derivation) Script(sql string) error {
	for rest := sql; blank(rest) < len(rest); {
		stmt, trailing, err := d.conn.PrepareTransient(rest)
		if err != nil {
			return inWordsOfSQL(rest, err)
		}
		_, err = stmt.Step()
		if err := cmp.Or(err, stmt.Finalize()); err != nil {
			return inWordsOfSQL(rest, err)
		}
		rest = rest[len(rest)-trailing:]
	}
	return nil
}

// Row is one row of an answer. Its values are good until the next row.
type Row struct{ stmt *sqlite.Stmt }

// Integer, Float, Text and Blob give a column, from 0; of NULL they give zero.
func (r Row) Integer(i int) int64 { return r.stmt.ColumnInt64(i) }
func (r Row) Float(i int) float64 { return r.stmt.ColumnFloat(i) }
func (r Row) Text(i int) string   { return r.stmt.ColumnText(i) }

func (r Row) Blob(i int) []byte {
	bytes := make([]byte, r.stmt.ColumnLen(i))
	return bytes[:r.stmt.ColumnBytes(i, bytes)]
}

// IsNull reports whether a column is NULL.
func (r Row) IsNull(i int) bool { return r.stmt.ColumnType(i) == sqlite.TypeNull }

// Rows runs a query and calls each for every row.
func (d *Derivation) Rows(sql string, named Named, each func(Row) error) error {
	stmt, err := d.prepare(sql, named)
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	return giveRows(stmt, sql, each)
}

// giveRows steps a statement to its end and calls each for every row.
func giveRows(stmt *sqlite.Stmt, sql string, each func(Row) error) error {
	for {
		more, err := stmt.Step()
		if err != nil {
			return inWordsOfSQL(sql, err)
		}
		if !more {
			return nil
		}
		if err := each(Row{stmt}); err != nil {
			return err
		}
	}
}

// Commit calls do in one transaction that writes, alone among the writers of the
// file.
func (d *Derivation) Commit(do func() error) error {
	d.file.mu.Lock()
	defer d.file.mu.Unlock()
	return transaction(d.conn, do)
}

// Describe tells what a SELECT would give, the names of its columns, and what it would
// read: tables and views, and those behind the views, in lower case. It reads nothing. The
// error is a *[QueryError] where it is none, or does more than read. Of TEMP tables it
// knows those that there were when it was called first.
func (d *Derivation) Describe(sql string) (columns []string, reads map[string]bool, err error) {
	if err := d.prepareGuard(); err != nil {
		return nil, nil, err
	}
	reads = map[string]bool{}
	d.guard.read = reads
	if err := d.conn.SetAuthorizer(d.guard); err != nil {
		return nil, nil, err
	}
	stmt, err := d.guard.prepare(sql)
	if err := cmp.Or(err, d.conn.SetAuthorizer(nil)); err != nil {
		if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultAuth {
			err = &QueryError{What: d.guard.refused}
		}
		return nil, nil, inWordsOfSQL(sql, err)
	}
	defer stmt.Finalize()
	return columnNames(stmt), reads, nil
}

// prepareGuard makes the guard where there is none yet.
func (d *Derivation) prepareGuard() error {
	if d.guard != nil {
		return nil
	}
	g, err := newGuard(d.conn)
	if err != nil {
		return err
	}
	d.guard = g
	return g.allowTemporary()
}

func (d *Derivation) prepare(sql string, named Named) (*sqlite.Stmt, error) {
	stmt, _, err := d.conn.PrepareTransient(sql)
	if err != nil {
		return nil, inWordsOfSQL(sql, err)
	}
	if err := bindNamed(stmt, named); err != nil {
		return nil, cmp.Or(stmt.Finalize(), err)
	}
	return stmt, nil
}

// bindNamed gives a statement the values of its parameters.
func bindNamed(stmt *sqlite.Stmt, named Named) error {
	for i := range stmt.BindParamCount() {
		value, known := named[stmt.BindParamName(i+1)]
		if !known {
			return &QueryError{What: "there is no value for the parameter " + stmt.BindParamName(i+1)}
		}
		if err := bindArg(stmt, i+1, value); err != nil {
			return err
		}
	}
	return nil
}

// inWordsOfSQL is what SQLite says of a statement, with the place where it names one.
func inWordsOfSQL(sql string, err error) error {
	var ours *QueryError
	if errors.As(err, &ours) || sqlite.ErrCode(err).ToPrimary() != sqlite.ResultError {
		return err
	}
	if at, placed := sqlite.ErrorOffset(err); placed && at < len(sql) {
		return errorAt(sql, at, message(err))
	}
	return &QueryError{What: message(err)}
}

// allowTemporary allows reading the TEMP tables and views of the connection too.
func (g *guard) allowTemporary() error {
	return sqlitex.ExecuteTransient(g.conn, "SELECT name FROM sqlite_temp_schema WHERE type IN ('table', 'view')", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			g.tables[strings.ToLower(stmt.ColumnText(0))] = true
			return nil
		},
	})
}
