package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestHolder tells the story of a file that two want to write.
func TestHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sonde.db")
	held := func(want bool) Holder {
		t.Helper()
		h, held, err := HolderOf(path)
		if err != nil || held != want {
			t.Fatalf("HolderOf = %+v, %v, %v, want held %v", h, held, err, want)
		}
		return h
	}
	held(false)

	file, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if h := held(true); h.PID != os.Getpid() || h.Since == "" {
		t.Errorf("the lock is signed by %+v, want process %d", h, os.Getpid())
	}
	_, err = Open(t.Context(), path, Options{})
	var second *HeldError
	if !errors.As(err, &second) || second.Holder.PID != os.Getpid() {
		t.Errorf("the second Open = %v, want a HeldError that names process %d", err, os.Getpid())
	}

	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	held(false)
}

// TestHolderOfLeftover holds that a lock file that a crash left behind holds nothing.
func TestHolderOfLeftover(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sonde.db")
	if err := os.WriteFile(lockPath(path), []byte(`{"pid":1,"host":"gone"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, held, err := HolderOf(path); held || err != nil {
		t.Errorf("HolderOf = %+v, %v, %v, want nobody", h, held, err)
	}
}
