package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// TokenPrefix begins every token, so that scanners for leaked secrets know it.
const TokenPrefix = "sonde_"

// Token is what a program shows to use the dashboard. The secret itself is told once.
type Token struct {
	ID         int64
	Name       string // what it is for
	Role       Role
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: never
}

// ErrNoToken is the error of naming a token that is not there.
var ErrNoToken = errors.New("no such token")

// AddToken makes a token and returns its secret. lasting is how long it holds; 0: for
// ever.
func (b *Book) AddToken(ctx context.Context, name string, role Role, lasting time.Duration) (token string, err error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	var expires time.Time
	if lasting > 0 {
		expires = b.clock().Add(lasting)
	}
	token = TokenPrefix + secret()
	_, err = b.exec(ctx, "INSERT INTO tokens (digest, name, role, created_at, expires_at, last_used_at) VALUES (?, ?, ?, ?, ?, '')",
		digest(token), name, string(role), b.now(), stamp(expires))
	return token, err
}

// RemoveToken takes a token away.
func (b *Book) RemoveToken(ctx context.Context, id int64) error {
	changed, err := b.exec(ctx, "DELETE FROM tokens WHERE id = ?", id)
	if err == nil && changed == 0 {
		return fmt.Errorf("%w: %d", ErrNoToken, id)
	}
	return err
}

const selectTokens = "SELECT id, name, role, created_at, expires_at, last_used_at FROM tokens "

func readToken(stmt *sqlite.Stmt) Token {
	return Token{
		ID: stmt.ColumnInt64(0), Name: stmt.ColumnText(1), Role: Role(stmt.ColumnText(2)),
		CreatedAt: unstamp(stmt.ColumnText(3)), ExpiresAt: unstamp(stmt.ColumnText(4)), LastUsedAt: unstamp(stmt.ColumnText(5)),
	}
}

// Tokens returns every token, the oldest first.
func (b *Book) Tokens(ctx context.Context) (tokens []Token, err error) {
	err = b.rows(ctx, func(stmt *sqlite.Stmt) { tokens = append(tokens, readToken(stmt)) }, selectTokens+"ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	return tokens, nil
}

// Bearer finds the token of a secret.
func (b *Book) Bearer(ctx context.Context, secret string) (token Token, ok bool, err error) {
	if !strings.HasPrefix(secret, TokenPrefix) {
		return token, false, nil
	}
	err = b.rows(ctx, func(stmt *sqlite.Stmt) { token, ok = readToken(stmt), true },
		selectTokens+"WHERE digest = ? AND (expires_at = '' OR expires_at > ?)", digest(secret), b.now())
	if err == nil && ok && b.clock().Sub(token.LastUsedAt) > useNoted {
		_, err = b.exec(ctx, "UPDATE tokens SET last_used_at = ? WHERE id = ?", b.now(), token.ID)
	}
	return token, ok, err
}
