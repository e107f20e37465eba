package accounts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const password = "four words that match"

// open opens a new book whose clock stands still until it is set.
func open(t *testing.T) (b *Book, now *time.Time, path string) {
	t.Helper()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	path = filepath.Join(t.TempDir(), "sonde.db"+Ending)
	b, err := Open(t.Context(), path, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, &at, path
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	_, _, path := open(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestNoSecretIsKept: the file holds neither a password nor a session or token.
func TestNoSecretIsKept(t *testing.T) {
	b, _, path := open(t)
	if err := b.AddUser(t.Context(), "ada", password, Admin); err != nil {
		t.Fatal(err)
	}
	session, err := b.LogIn(t.Context(), "ada", password)
	if err != nil {
		t.Fatal(err)
	}
	token, err := b.AddToken(t.Context(), "grafana", Viewer, 0)
	if err != nil || !strings.HasPrefix(token, TokenPrefix) {
		t.Fatalf("%q, %v", token, err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{password, session, token, strings.TrimPrefix(token, TokenPrefix)} {
		if strings.Contains(string(content), secret) {
			t.Errorf("the file holds %q", secret)
		}
	}
}

// TestSessionsEnd: after twelve idle hours, after fourteen days, at the log-out, with a
// new password and with the account.
func TestSessionsEnd(t *testing.T) {
	b, now, _ := open(t)
	ctx := t.Context()
	if err := b.AddUser(ctx, "ada", password, Admin); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(session string) error{
		"idle": func(string) error { *now = now.Add(idleSession + time.Minute); return nil },
		"old": func(session string) error {
			for range 40 {
				*now = now.Add(idleSession - time.Minute)
				if _, ok, err := b.Session(ctx, session); err != nil || !ok {
					return err
				}
			}
			return nil
		},
		"logged out":   func(session string) error { return b.LogOut(ctx, session) },
		"new password": func(string) error { return b.SetPassword(ctx, "ada", password) },
	}
	for name, end := range ways {
		session, err := b.LogIn(ctx, "ada", password)
		if err != nil {
			t.Fatal(err)
		}
		if user, ok, err := b.Session(ctx, session); !ok || err != nil || user.Name != "ada" || user.Role != Admin {
			t.Errorf("%s, before: %+v, %v, %v", name, user, ok, err)
		}
		if err := end(session); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := b.Session(ctx, session); ok || err != nil {
			t.Errorf("%s: the session holds on, %v", name, err)
		}
	}
	if err := b.RemoveUser(ctx, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.LogIn(ctx, "ada", password); !errors.Is(err, ErrLogin) {
		t.Errorf("a user who was removed: %v", err)
	}
}

func TestLogInTellsNotWhatIsWrong(t *testing.T) {
	b, _, _ := open(t)
	if err := b.AddUser(t.Context(), "ada", password, Viewer); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][2]string{{"ada", "another password"}, {"bob", password}, {"", ""}, {"ada", ""}} {
		if _, err := b.LogIn(t.Context(), wrong[0], wrong[1]); !errors.Is(err, ErrLogin) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestPasswords(t *testing.T) {
	for password, good := range map[string]bool{
		"correct horse battery": true, "пароль из слов": true, strings.Repeat("long ", 40): true,
		"short": false, "aaaaaaaaaaaaaaaa": false, "Password1234": false, "adalovelace12": false, strings.Repeat("abcde", 300): false,
	} {
		if err := CheckPassword("adalovelace12", password); (err == nil) != good {
			t.Errorf("%.30q: %v", password, err)
		}
	}
}

func TestNamesOfUsers(t *testing.T) {
	b, _, _ := open(t)
	for _, name := range []string{"", "two words", "bell\a", strings.Repeat("x", 65)} {
		if err := b.AddUser(t.Context(), name, password, Viewer); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	if err := b.AddUser(t.Context(), "ada", password, Viewer); err != nil {
		t.Fatal(err)
	}
	if err := b.AddUser(t.Context(), "ada", password, Admin); err == nil {
		t.Error("a name was taken twice")
	}
}

func TestTokensEnd(t *testing.T) {
	b, now, _ := open(t)
	ctx := t.Context()
	short, err := b.AddToken(ctx, "short", Admin, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	long, err := b.AddToken(ctx, "long", Viewer, 0)
	if err != nil {
		t.Fatal(err)
	}
	holds := func(secret string) bool {
		_, ok, err := b.Bearer(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !holds(short) || !holds(long) || holds(TokenPrefix+"guessed") || holds(strings.TrimPrefix(long, TokenPrefix)) {
		t.Error("not exactly the tokens that were made hold")
	}
	if *now = now.Add(2 * time.Hour); holds(short) || !holds(long) {
		t.Error("after two hours not exactly the long one holds")
	}
	tokens, err := b.Tokens(ctx)
	if err != nil || len(tokens) != 2 || tokens[1].LastUsedAt != *now {
		t.Errorf("%+v, %v", tokens, err)
	}
	if err := errors.Join(b.RemoveToken(ctx, tokens[1].ID)); err != nil || holds(long) {
		t.Errorf("a token that was removed holds, %v", err)
	}
	if err := b.RemoveToken(ctx, 99); !errors.Is(err, ErrNoToken) {
		t.Errorf("a token that is not there: %v", err)
	}
}

// TestSetupIsForOnce: a link makes one user, within its time, where there is none.
func TestSetupIsForOnce(t *testing.T) {
	b, now, _ := open(t)
	ctx := t.Context()
	old, err := b.NewSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(setupTime + time.Second)
	if err := b.Setup(ctx, old, "ada", password); !errors.Is(err, ErrSetup) {
		t.Errorf("a link of yesterday: %v", err)
	}
	link, err := b.NewSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made := make(chan error, 4)
	for i := range cap(made) {
		go func(ctx context.Context) { made <- b.Setup(ctx, link, "user"+string(rune('a'+i)), password) }(ctx)
	}
	good := 0
	for range cap(made) {
		if <-made == nil {
			good++
		}
	}
	users, err := b.Users(ctx)
	if good != 1 || len(users) != 1 || users[0].Role != Admin || err != nil {
		t.Errorf("%d setups by one link made %+v, %v", good, users, err)
	}
}

func TestNotes(t *testing.T) {
	b, _, _ := open(t)
	for _, what := range []string{"first", "second"} {
		if err := b.Add(t.Context(), "ada", what, "3"); err != nil {
			t.Fatal(err)
		}
	}
	notes, err := b.Notes(t.Context(), 1)
	if err != nil || len(notes) != 1 || notes[0].What != "second" || notes[0].Who != "ada" {
		t.Errorf("%+v, %v", notes, err)
	}
}

// TestQueriesAreKept: by their names, of which a second takes the place of the first.
func TestQueriesAreKept(t *testing.T) {
	b, _, _ := open(t)
	for _, q := range []struct {
		name, sql string
		want      error
	}{
		{"slow pages", "SELECT 1", nil},
		{"slow pages", "SELECT 2", nil},
		{"Broken links", "SELECT 3", nil},
		{"", "SELECT 4", ErrQueryName},
		{"a/b", "SELECT 4", ErrQueryName},
		{"a\u202eb", "SELECT 4", ErrQueryName},
		{strings.Repeat("x", 101), "SELECT 4", ErrQueryName},
		{"nothing", " \n", ErrEmptyQuery},
	} {
		if err := b.SaveQuery(t.Context(), q.name, q.sql); !errors.Is(err, q.want) {
			t.Errorf("keeping %q: %v, want %v", q.name, err, q.want)
		}
	}
	if err := b.RemoveQuery(t.Context(), "another"); !errors.Is(err, ErrNoQuery) {
		t.Errorf("removing what is not there: %v", err)
	}
	if err := b.RemoveQuery(t.Context(), "Broken links"); err != nil {
		t.Error(err)
	}
	kept, err := b.Queries(t.Context())
	if err != nil || len(kept) != 1 || kept[0].Name != "slow pages" || kept[0].SQL != "SELECT 2" {
		t.Errorf("there are %+v, %v", kept, err)
	}
}

// TestOlderBooksAreBroughtForward: a file of the first version gets what it lacks, and
// keeps what it has.
func TestOlderBooksAreBroughtForward(t *testing.T) {
	b, _, path := open(t)
	if err := b.AddUser(t.Context(), "ada", password, Admin); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"DROP TABLE queries", "PRAGMA user_version = 1"} {
		if _, err := b.exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	users, err := again.Users(t.Context())
	if err != nil || len(users) != 1 {
		t.Errorf("users: %+v, %v", users, err)
	}
	if err := again.SaveQuery(t.Context(), "one", "SELECT 1"); err != nil {
		t.Error(err)
	}
}
