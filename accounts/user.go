package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Role says what somebody may do.
type Role string

// The roles.
const (
	Admin  Role = "admin"  // command, and see everything
	Viewer Role = "viewer" // see what was found
)

// ParseRole reads a role.
func ParseRole(text string) (Role, error) {
	if role := Role(text); role == Admin || role == Viewer {
		return role, nil
	}
	return "", fmt.Errorf("there is no role %q: admin or viewer", text)
}

// May reports whether the role includes another.
func (r Role) May(needed Role) bool { return r == Admin || r == needed }

// User is somebody who can log in.
type User struct {
	Name      string
	Role      Role
	CreatedAt time.Time
}

// ErrNoUser is the error of naming a user who is not there.
var ErrNoUser = errors.New("no such user")

// AddUser lets somebody log in.
func (b *Book) AddUser(ctx context.Context, name, password string, role Role) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := CheckPassword(name, password); err != nil {
		return err
	}
	changed, err := b.exec(ctx, "INSERT INTO users (name, role, password, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		name, string(role), usual.hash(password), b.now())
	if err == nil && changed == 0 {
		return fmt.Errorf("there is a user %s already", name)
	}
	return err
}

func checkName(name string) error {
	if name == "" || len(name) > 64 {
		return errors.New("the name of a user has 1 to 64 bytes")
	}
	for _, r := range name {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return fmt.Errorf("%q cannot be the name of a user: it has no blanks and no control characters", name)
		}
	}
	return nil
}

// SetPassword gives a user another password and ends their sessions.
func (b *Book) SetPassword(ctx context.Context, name, password string) error {
	if err := CheckPassword(name, password); err != nil {
		return err
	}
	hash := usual.hash(password)
	return b.changeUser(ctx, name, "UPDATE users SET password = ? WHERE name = ?", hash, name)
}

// RemoveUser takes a user away, with their sessions.
func (b *Book) RemoveUser(ctx context.Context, name string) error {
	return b.changeUser(ctx, name, "DELETE FROM users WHERE name = ?", name)
}

// changeUser runs a statement about one user and ends their sessions.
func (b *Book) changeUser(ctx context.Context, name, statement string, args ...any) error {
	return b.change(ctx, func(conn *sqlite.Conn) error {
		if err := sqlitex.Execute(conn, "DELETE FROM sessions WHERE user = ?", &sqlitex.ExecOptions{Args: []any{name}}); err != nil {
			return err
		}
		err := sqlitex.Execute(conn, statement, &sqlitex.ExecOptions{Args: args})
		if err == nil && conn.Changes() == 0 {
			return fmt.Errorf("%w: %s", ErrNoUser, name)
		}
		return err
	})
}

// Users returns everybody who can log in, by name.
func (b *Book) Users(ctx context.Context) (users []User, err error) {
	err = b.rows(ctx, func(stmt *sqlite.Stmt) {
		users = append(users, User{stmt.ColumnText(0), Role(stmt.ColumnText(1)), unstamp(stmt.ColumnText(2))})
	}, "SELECT name, role, created_at FROM users ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("reading the users: %w", err)
	}
	return users, nil
}

// nobody is a hash that no password has. Checking it for a user who is not there takes
// as long as for one who is.
var nobody = sync.OnceValue(func() string { return usual.hash(secret()) })

// authenticate finds the user of a name and password.
func (b *Book) authenticate(ctx context.Context, name, password string) (User, bool, error) {
	user, hash := User{}, nobody()
	err := b.rows(ctx, func(stmt *sqlite.Stmt) {
		user = User{stmt.ColumnText(0), Role(stmt.ColumnText(1)), unstamp(stmt.ColumnText(2))}
		hash = stmt.ColumnText(3)
	}, "SELECT name, role, created_at, password FROM users WHERE name = ?", name)
	return user, matches(hash, password) && user.Name != "", err
}
