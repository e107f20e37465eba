package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Ending is what the name of a data file becomes the name of its book by.
const Ending = ".secrets"

//go:embed schema.sql
var schema string

//go:embed queries.sql
var queries string

// steps make the schema: each has brought it to the version of its number, from 1 on.
var steps = []string{schema, queries}

// Book is an open file of accounts. Several processes may have it open.
type Book struct {
	pool  *sqlitex.Pool
	clock func() time.Time
}

// Open opens the book at path, making it where it is not there. clock is time.Now
// where nil.
func Open(ctx context.Context, path string, clock func() time.Time) (*Book, error) {
	if clock == nil {
		clock = time.Now
	}
	if err := private(path); err != nil {
		return nil, fmt.Errorf("opening the accounts: %w", err)
	}
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	pool, err := sqlitex.NewPool("file:"+escaped+"?mode=rw", sqlitex.PoolOptions{
		Flags:       sqlite.OpenReadWrite | sqlite.OpenURI,
		PoolSize:    4,
		PrepareConn: func(conn *sqlite.Conn) error { conn.SetBusyTimeout(5 * time.Second); return nil },
	})
	if err != nil {
		return nil, fmt.Errorf("opening the accounts in %s: %w", path, err)
	}
	b := &Book{pool: pool, clock: clock}
	if err := b.change(ctx, prepare); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the accounts in %s: %w", path, err)
	}
	return b, nil
}

// private makes the file where it is not there, and holds that nobody else reads it.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(0o600), file.Close())
}

// prepare makes the tables that a new or an older file lacks.
func prepare(conn *sqlite.Conn) error {
	var have int
	err := sqlitex.ExecuteTransient(conn, "PRAGMA user_version", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error { have = stmt.ColumnInt(0); return nil },
	})
	switch {
	case err != nil:
		return err
	case have > len(steps):
		return fmt.Errorf("its schema has version %d; this sonde understands versions up to %d", have, len(steps))
	case have == len(steps):
		return nil
	}
	return sqlitex.ExecuteScript(conn, strings.Join(steps[have:], "")+fmt.Sprintf("PRAGMA user_version = %d;", len(steps)), nil)
}

// Close releases the file.
func (b *Book) Close() error { return b.pool.Close() }

// change calls do in one transaction.
func (b *Book) change(ctx context.Context, do func(*sqlite.Conn) error) (err error) {
	conn, err := b.pool.Take(ctx)
	if err != nil {
		return err
	}
	defer b.pool.Put(conn)
	end, err := sqlitex.ImmediateTransaction(conn)
	if err != nil {
		return err
	}
	defer end(&err)
	return do(conn)
}

// rows asks a query and gives each row.
func (b *Book) rows(ctx context.Context, each func(*sqlite.Stmt), query string, args ...any) error {
	conn, err := b.pool.Take(ctx)
	if err != nil {
		return err
	}
	defer b.pool.Put(conn)
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args:       args,
		ResultFunc: func(stmt *sqlite.Stmt) error { each(stmt); return nil },
	})
}

// exec runs a statement in a transaction of its own and tells how many rows it changed.
func (b *Book) exec(ctx context.Context, statement string, args ...any) (changed int, err error) {
	err = b.change(ctx, func(conn *sqlite.Conn) error {
		if err := sqlitex.Execute(conn, statement, &sqlitex.ExecOptions{Args: args}); err != nil {
			return err
		}
		changed = conn.Changes()
		return nil
	})
	return changed, err
}

// now is the instant as the file writes it.
func (b *Book) now() string { return stamp(b.clock()) }

const stampFormat = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stampFormat)
}

func unstamp(text string) time.Time {
	t, _ := time.Parse(stampFormat, text) // "" is the zero time
	return t
}

// secret is 256 random bits as a text.
func secret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// digest is what is kept of a random secret.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
