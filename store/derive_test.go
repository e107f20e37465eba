package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sonde/store"
)

func derivable(t *testing.T) *store.File {
	t.Helper()
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// TestDerive keeps what a derivation committed when all of it went well, and nothing
// of it when something failed or the context ended.
func TestDerive(t *testing.T) {
	ctx := t.Context()
	file := derivable(t)
	texts := func() (texts []string) {
		t.Helper()
		if err := file.Rows(ctx, "SELECT text FROM _texts WHERE id > :from ORDER BY id", store.Named{":from": 0}, func(r store.Row) error {
			texts = append(texts, r.Text(0))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return texts
	}
	write := func(then error) func(*store.Derivation) error {
		return func(d *store.Derivation) error {
			return d.Commit(func() error {
				insert, err := d.Insert("INSERT INTO _texts (id, text) VALUES (?, ?)")
				if err != nil {
					return err
				}
				if err := errors.Join(insert.Add(1, "one"), insert.Add(int64(2), "two")); err != nil {
					return err
				}
				changed, err := d.Exec("UPDATE _texts SET text = text || :mark WHERE id <= 2", store.Named{":mark": "!", ":unused": 1})
				if err == nil && changed != 2 {
					t.Errorf("%d rows were changed, want 2", changed)
				}
				return errors.Join(err, then)
			})
		}
	}

	broken := errors.New("broken")
	if err := file.Derive(ctx, nil, write(broken)); !errors.Is(err, broken) {
		t.Errorf("a derivation that fails gives %v", err)
	}
	ended, end := context.WithCancel(ctx)
	end()
	if err := file.Derive(ended, nil, write(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("a derivation whose context ended gives %v", err)
	}
	if got := texts(); len(got) != 0 {
		t.Errorf("what failed left %q", got)
	}
	if err := file.Derive(ctx, nil, write(nil)); err != nil {
		t.Fatal(err)
	}
	if got := texts(); len(got) != 2 || got[0] != "one!" || got[1] != "two!" {
		t.Errorf("the texts are %q", got)
	}
}

// TestDeriveKeepsTablesOfItsOwn computes in a TEMP table with a function of Go, beside
// a writer that has a transaction open.
func TestDeriveKeepsTablesOfItsOwn(t *testing.T) {
	file := derivable(t)
	double := store.Function{Name: "doubled", Args: 1, Call: func(args []any) any { return args[0].(int64) * 2 }}
	err := file.Derive(t.Context(), nil, func(writer *store.Derivation) error {
		return writer.Commit(func() error {
			if _, err := writer.Exec("INSERT INTO _texts (text) VALUES ('being written')", nil); err != nil {
				return err
			}
			return file.Derive(t.Context(), []store.Function{double}, func(d *store.Derivation) error {
				if err := d.Script("CREATE TEMP TABLE numbers (n INTEGER);\nINSERT INTO numbers VALUES (20), (21);"); err != nil {
					return err
				}
				return d.Rows("SELECT max(doubled(n)) FROM numbers", nil, func(r store.Row) error {
					if got := r.Integer(0); got != 42 {
						t.Errorf("twice 21 is %d", got)
					}
					return nil
				})
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDescribe tells the columns of a SELECT and what it reads, and refuses what does more.
func TestDescribe(t *testing.T) {
	err := derivable(t).Derive(t.Context(), nil, func(d *store.Derivation) error {
		if err := d.Script("CREATE TEMP TABLE mine (a INTEGER)"); err != nil {
			return err
		}
		got, reads, err := d.Describe("-- a comment\nSELECT a AS subject, 1 AS evidence FROM temp.mine, pages WHERE pages.title = 'x'")
		if want := []string{"subject", "evidence"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("the columns are %q (%v), want %q", got, err, want)
		}
		for table, want := range map[string]bool{"mine": true, "pages": true, "_facts": true, "_leases": false} {
			if reads[table] != want {
				t.Errorf("it reads %s: %v, want %v (all: %v)", table, reads[table], want, reads)
			}
		}
		for sql, want := range map[string]string{
			"SELECT\n  x FROM mine":               "line 2, column 3 (x FROM mine): no such column: x",
			"DELETE FROM _sites":                  "only reading is allowed here",
			"SELECT 1; DROP TABLE mine":           "one statement at a time",
			"PRAGMA journal_mode = DELETE":        "PRAGMA journal_mode is not allowed",
			"INSERT INTO mine VALUES (1)":         "only reading is allowed here",
			"SELECT 1) AS q; DELETE FROM mine --": "syntax error",
			"ATTACH 'x' AS y":                     "only reading is allowed here",
		} {
			_, _, err := d.Describe(sql)
			var wrong *store.QueryError
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", sql, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
