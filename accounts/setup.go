package accounts

import (
	"context"
	"errors"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// setupTime is how long a setup link can be followed.
const setupTime = 30 * time.Minute

// ErrSetup is the error of a setup link that does not, or no longer, let anybody in.
var ErrSetup = errors.New("this setup link was used already or is too old; start `sonde serve` again for another")

// NewSetup returns the secret of a link that makes the first user, and forgets those
// that were made before.
func (b *Book) NewSetup(ctx context.Context) (string, error) {
	link := secret()
	err := b.change(ctx, func(conn *sqlite.Conn) error {
		if err := sqlitex.Execute(conn, "DELETE FROM setups", nil); err != nil {
			return err
		}
		return sqlitex.Execute(conn, "INSERT INTO setups (digest, expires_at) VALUES (?, ?)",
			&sqlitex.ExecOptions{Args: []any{digest(link), stamp(b.clock().Add(setupTime))}})
	})
	return link, err
}

// Setup makes the first user, an admin, by the secret of a setup link, which it uses
// up.
func (b *Book) Setup(ctx context.Context, link, name, password string) error {
	if err := errors.Join(checkName(name), CheckPassword(name, password)); err != nil {
		return err
	}
	used, err := b.exec(ctx, "DELETE FROM setups WHERE digest = ? AND expires_at > ? AND NOT EXISTS (SELECT 1 FROM users)", digest(link), b.now())
	if err != nil || used == 0 {
		return errors.Join(err, ErrSetup)
	}
	return b.AddUser(ctx, name, password, Admin)
}

// IsSetup reports whether the secret is that of a setup link that still holds.
func (b *Book) IsSetup(ctx context.Context, link string) (ok bool, err error) {
	err = b.rows(ctx, func(*sqlite.Stmt) { ok = true },
		"SELECT 1 FROM setups WHERE digest = ? AND expires_at > ? AND NOT EXISTS (SELECT 1 FROM users)", digest(link), b.now())
	return ok, err
}
