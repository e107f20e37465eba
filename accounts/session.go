package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

// How long a session lasts: since it was last used, and in all.
const (
	idleSession = 12 * time.Hour
	longSession = 14 * 24 * time.Hour
)

// The use of a session is written down no more often than this.
const useNoted = time.Minute

// ErrLogin is the error of a name and password that do not belong together. It does
// not say which of them is wrong.
var ErrLogin = errors.New("the name or the password is wrong")

// LogIn begins a session and returns its secret.
func (b *Book) LogIn(ctx context.Context, name, password string) (session string, err error) {
	user, ok, err := b.authenticate(ctx, name, password)
	switch {
	case err != nil:
		return "", fmt.Errorf("logging in: %w", err)
	case !ok:
		return "", ErrLogin
	}
	session, now := secret(), b.now()
	if _, err := b.exec(ctx, "DELETE FROM sessions WHERE last_used_at < ? OR created_at < ?", b.ago(idleSession), b.ago(longSession)); err != nil {
		return "", fmt.Errorf("logging in: %w", err)
	}
	_, err = b.exec(ctx, "INSERT INTO sessions (digest, user, created_at, last_used_at) VALUES (?, ?, ?, ?)", digest(session), user.Name, now, now)
	return session, err
}

// Session finds whose session it is.
func (b *Book) Session(ctx context.Context, session string) (user User, ok bool, err error) {
	var used time.Time
	err = b.rows(ctx, func(stmt *sqlite.Stmt) {
		ok = true
		user = User{stmt.ColumnText(0), Role(stmt.ColumnText(1)), unstamp(stmt.ColumnText(2))}
		used = unstamp(stmt.ColumnText(3))
	}, `SELECT u.name, u.role, u.created_at, s.last_used_at FROM sessions s JOIN users u ON u.name = s.user
		WHERE s.digest = ? AND s.last_used_at > ? AND s.created_at > ?`, digest(session), b.ago(idleSession), b.ago(longSession))
	if err == nil && ok && b.clock().Sub(used) > useNoted {
		_, err = b.exec(ctx, "UPDATE sessions SET last_used_at = ? WHERE digest = ?", b.now(), digest(session))
	}
	return user, ok, err
}

// LogOut ends a session.
func (b *Book) LogOut(ctx context.Context, session string) error {
	_, err := b.exec(ctx, "DELETE FROM sessions WHERE digest = ?", digest(session))
	return err
}

// ago is an instant in the past, as the file writes it.
func (b *Book) ago(d time.Duration) string { return stamp(b.clock().Add(-d)) }
