package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"sonde/store"
)

// TestDerive keeps what a derivation wrote when all of it went well, and nothing of it
// when something failed or the context ended.
func TestDerive(t *testing.T) {
	ctx := t.Context()
	file, err := store.Open(ctx, filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	texts := func() (texts []string) {
		t.Helper()
		if err := file.Each(ctx, "SELECT text FROM _texts WHERE id > :from ORDER BY id", store.Named{":from": 0}, func(r store.Row) error {
			texts = append(texts, r.Text(0))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return texts
	}
	write := func(then error) func(*store.Derivation) error {
		return func(d *store.Derivation) error {
			insert, err := d.Insert("INSERT INTO _texts (id, text) VALUES (?, ?)")
			if err != nil {
				return err
			}
			if err := errors.Join(insert.Add(1, "one"), insert.Add(int64(2), "two")); err != nil {
				return err
			}
			changed, err := d.Exec("UPDATE _texts SET text = text || :mark WHERE id <= 2", store.Named{":mark": "!"})
			if err == nil && changed != 2 {
				t.Errorf("%d rows were changed, want 2", changed)
			}
			return errors.Join(err, then)
		}
	}

	broken := errors.New("broken")
	if err := file.Derive(ctx, write(broken)); !errors.Is(err, broken) {
		t.Errorf("a derivation that fails gives %v", err)
	}
	ended, end := context.WithCancel(ctx)
	end()
	if err := file.Derive(ended, write(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("a derivation whose context ended gives %v", err)
	}
	if got := texts(); len(got) != 0 {
		t.Errorf("what failed left %q", got)
	}
	if err := file.Derive(ctx, write(nil)); err != nil {
		t.Fatal(err)
	}
	if got := texts(); len(got) != 2 || got[0] != "one!" || got[1] != "two!" {
		t.Errorf("the texts are %q", got)
	}
}
