package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/klauspost/compress/zlib"
	"zombiezen.com/go/sqlite"

	"sonde"
	"sonde/migrations"
)

// Fault is something that is wrong in a file.
type Fault struct {
	Where string // a table and row, or a part of the file
	What  string
}

func (f Fault) String() string { return f.Where + ": " + f.What }

// maxFaults is how many faults of one kind are told one by one.
const maxFaults = 100

// Check looks whether everything in the file is as it was written: its structure as
// SQLite knows it, rows that point to others, every body against its SHA-256 and
// length, and the counts of every run against its visits. progress is told how many
// bodies of how many are done; nil: nobody is told. No fault means that all is well;
// an error, that the file could not be looked at. The error is a *[NewerError] when
// this program does not know how the file should be.
func (f *File) Check(ctx context.Context, progress func(done, total int64)) ([]Fault, error) {
	if f.version > migrations.Latest() {
		return nil, &NewerError{f.path, f.version, migrations.Latest()}
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	c := &checkup{progress: progress}
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		c.conn = conn
		for _, part := range []struct {
			name string
			look func() error
		}{{"structure", c.structure}, {"references", c.references}, {"bodies", c.bodies}, {"counts", c.counts}} {
			c.told = 0
			if err := c.survive(part.name, part.look()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("checking %s: %w", f.path, err)
	}
	return c.faults, nil
}

// checkup is one check under way.
type checkup struct {
	conn     *sqlite.Conn
	progress func(done, total int64)
	faults   []Fault
	told     int // of the part that is being looked at

	zlib io.ReadCloser
	sum  hash.Hash
}

func (c *checkup) tell(where, format string, args ...any) {
	switch c.told++; {
	case c.told <= maxFaults:
		c.faults = append(c.faults, Fault{where, fmt.Sprintf(format, args...)})
	case c.told == maxFaults+1:
		c.faults = append(c.faults, Fault{where, "and more of the kind"})
	}
}

// survive turns an error that the damage itself causes into a fault.
func (c *checkup) survive(part string, err error) error {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultCorrupt, sqlite.ResultNotADB, sqlite.ResultTooBig, sqlite.ResultIOErr, sqlite.ResultNoMem, sqlite.ResultError:
		c.tell(part, "cannot be read to the end: %v", err)
		return nil
	}
	return err
}

// structure asks SQLite about pages, indexes and the rules of the tables.
func (c *checkup) structure() error {
	return rows(c.conn, fmt.Sprintf("PRAGMA integrity_check(%d)", maxFaults), func(stmt *sqlite.Stmt) error {
		for fault := range strings.Lines(stmt.ColumnText(0)) {
			fault = strings.TrimSpace(fault)
			if fault != "ok" && !strings.HasPrefix(fault, "***") { // the name of the database
				c.tell("structure", "%s", fault)
			}
		}
		return nil
	})
}

// references looks for rows that point to rows that are not there.
func (c *checkup) references() error {
	return rows(c.conn, "PRAGMA foreign_key_check", func(stmt *sqlite.Stmt) error {
		row := "a row"
		if !stmt.ColumnIsNull(1) {
			row = "row " + stmt.ColumnText(1)
		}
		c.tell(stmt.ColumnText(0), "%s points to a row that %s does not have", row, stmt.ColumnText(2))
		return nil
	})
}

// bodiesAtOnce is how many bodies are read in one transaction.
const bodiesAtOnce = 500

// bodies inflates every body and compares it with what is said about it.
func (c *checkup) bodies() error {
	total, err := number(c.conn, "SELECT count(*) FROM _bodies")
	if err != nil {
		return err
	}
	c.sum = sha256.New()
	for after, done := int64(0), int64(0); ; {
		read := int64(0)
		err := rows(c.conn, "SELECT id, sha256, body_bytes, data FROM _bodies WHERE id > ? ORDER BY id LIMIT ?", func(stmt *sqlite.Stmt) error {
			after = stmt.ColumnInt64(0)
			read++
			if err := c.body(stmt); err != nil {
				c.tell("_bodies", "row %d %v", after, err)
			}
			return nil
		}, after, bodiesAtOnce)
		if err != nil || read == 0 {
			return err
		}
		done += read
		c.progress(done, total)
	}
}

func (c *checkup) body(stmt *sqlite.Stmt) error {
	want := make([]byte, stmt.ColumnLen(1))
	stmt.ColumnBytes(1, want)
	length := stmt.ColumnInt64(2)
	if err := c.inflate(stmt.ColumnReader(3)); err != nil {
		return fmt.Errorf("does not inflate: %w", err)
	}
	c.sum.Reset()
	got, err := io.Copy(c.sum, io.LimitReader(c.zlib, length+1))
	switch {
	case err != nil:
		return fmt.Errorf("does not inflate: %w", err)
	case got > length:
		return fmt.Errorf("inflates to more than the %d bytes that it should have", length)
	case got < length:
		return fmt.Errorf("inflates to %d bytes, not the %d that it should have", got, length)
	case !bytes.Equal(c.sum.Sum(nil), want):
		return errors.New("does not have the SHA-256 that stands beside it")
	}
	return nil
}

// inflate readies the one reader for all bodies.
func (c *checkup) inflate(data io.Reader) (err error) {
	if c.zlib == nil {
		c.zlib, err = zlib.NewReader(data)
		return err
	}
	return c.zlib.(zlib.Resetter).Reset(data, nil)
}

// counts compares what the runs say of themselves with their visits.
func (c *checkup) counts() error {
	return rows(c.conn, countsSQL(), func(stmt *sqlite.Stmt) error {
		for i, name := range []string{"found", "pages", "failures"} {
			if said, counted := stmt.ColumnInt64(1+i), stmt.ColumnInt64(4+i); said != counted {
				c.tell(fmt.Sprintf("run %d", stmt.ColumnInt64(0)), "%s is %d, and its visits give %d", name, said, counted)
			}
		}
		return nil
	})
}

func countsSQL() string {
	var answered, failed []string
	for _, o := range sonde.Outcomes {
		switch o {
		case sonde.OK, sonde.Redirect, sonde.HTTPError:
			answered = append(answered, "'"+string(o)+"'")
		}
		if o.Failed() {
			failed = append(failed, "'"+string(o)+"'")
		}
	}
	return fmt.Sprintf(`SELECT r.id, r.found_count, r.page_count, r.failure_count, count(v.url_id),
		coalesce(sum(v.outcome IN (%s)), 0), coalesce(sum(v.outcome IN (%s)), 0)
		FROM _runs r LEFT JOIN _visits v ON v.run_id = r.id GROUP BY r.id`,
		strings.Join(answered, ", "), strings.Join(failed, ", "))
}
