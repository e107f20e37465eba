package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
)

// Query is a question in SQL that somebody kept for everybody.
type Query struct {
	Name    string // "Broken links"
	SQL     string
	SavedAt time.Time
}

// The errors of keeping queries.
var (
	ErrNoQuery    = errors.New("no such query")
	ErrEmptyQuery = errors.New("there is no SQL to keep")
	ErrQueryName  = errors.New("the name of a query has 1 to 100 letters, digits, blanks and signs, and no slash")
)

// CheckQuery holds that a query can be kept. The error is [ErrQueryName] or
// [ErrEmptyQuery].
func CheckQuery(name, sql string) error {
	unfit := func(r rune) bool { return !unicode.IsPrint(r) || r == '/' }
	switch {
	case name == "" || name != strings.TrimSpace(name) || utf8.RuneCountInString(name) > 100 || strings.ContainsFunc(name, unfit):
		return ErrQueryName
	case strings.TrimSpace(sql) == "":
		return ErrEmptyQuery
	}
	return nil
}

// SaveQuery keeps a query, over that of its name.
func (b *Book) SaveQuery(ctx context.Context, name, sql string) error {
	if err := CheckQuery(name, sql); err != nil {
		return err
	}
	_, err := b.exec(ctx, "INSERT INTO queries (name, sql, saved_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sql = excluded.sql, saved_at = excluded.saved_at",
		name, sql, b.now())
	return err
}

// RemoveQuery takes a query away.
func (b *Book) RemoveQuery(ctx context.Context, name string) error {
	changed, err := b.exec(ctx, "DELETE FROM queries WHERE name = ?", name)
	if err == nil && changed == 0 {
		return fmt.Errorf("%w: %s", ErrNoQuery, name)
	}
	return err
}

// Queries returns every query that is kept, by name.
func (b *Book) Queries(ctx context.Context) (queries []Query, err error) {
	err = b.rows(ctx, func(stmt *sqlite.Stmt) {
		queries = append(queries, Query{stmt.ColumnText(0), stmt.ColumnText(1), unstamp(stmt.ColumnText(2))})
	}, "SELECT name, sql, saved_at FROM queries ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("reading the queries: %w", err)
	}
	return queries, nil
}
