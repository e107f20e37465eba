package accounts

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

// Note is something that somebody commanded.
type Note struct {
	At      time.Time
	Who     string
	What    string // "remove run"
	Subject string // of what: "3"
}

// Add writes a note.
func (b *Book) Add(ctx context.Context, who, what, subject string) error {
	_, err := b.exec(ctx, "INSERT INTO notes (at, who, what, subject) VALUES (?, ?, ?, ?)", b.now(), who, what, subject)
	return err
}

// Notes returns the last notes, the newest first.
func (b *Book) Notes(ctx context.Context, most int) (notes []Note, err error) {
	err = b.rows(ctx, func(stmt *sqlite.Stmt) {
		notes = append(notes, Note{unstamp(stmt.ColumnText(0)), stmt.ColumnText(1), stmt.ColumnText(2), stmt.ColumnText(3)})
	}, "SELECT at, who, what, subject FROM notes ORDER BY id DESC LIMIT ?", most)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return notes, nil
}
