package dashboard

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
	"sonde/store"
)

// TestSortingsAreKept: who asks for the same soon after gets what was found, and who asks
// later what there is then.
func TestSortingsAreKept(t *testing.T) {
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := newSortings()
	sites := func(ctx context.Context) (int, error) {
		listed, err := s.list(ctx, file, store.Listing{Selection: store.Selection{View: "sites"}, Sort: "name", Rows: 5, Patience: time.Minute})
		return len(listed.Rows), err
	}
	wants := func(ctx context.Context, want int, wantErr error) {
		t.Helper()
		if got, err := sites(ctx); got != want || !errors.Is(err, wantErr) {
			t.Errorf("%d sites, %v, want %d, %v", got, err, want, wantErr)
		}
	}
	wants(t.Context(), 0, nil)
	if _, err := file.SaveSite(sonde.Site{Name: "one", Seeds: []string{"http://one.test/"}, Policy: sonde.DefaultPolicy()}); err != nil {
		t.Fatal(err)
	}
	wants(t.Context(), 0, nil)
	for key, known := range s.kept {
		known.until = time.Now().Add(-time.Second)
		s.kept[key] = known
	}
	wants(t.Context(), 1, nil)
}

// TestSortingsTakeTurns: who does not get its turn within its patience is told so.
func TestSortingsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSortings()
		s.turn <- struct{}{}
		if _, err := s.list(t.Context(), nil, store.Listing{Patience: time.Second}); !errors.Is(err, store.ErrTooSlow) {
			t.Errorf("%v, want ErrTooSlow", err)
		}
	})
}
