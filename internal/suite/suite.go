// Package suite reads the cases that lie beside the repository, in
// ../shared/suites. It is for tests only; one that finds no suite is skipped, and
// carries enough cases of its own.
package suite

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Read reads the cases of a suite into a value as encoding/json does.
func Read(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(module(t), "..", "shared", "suites", name, "cases.json"))
	if os.IsNotExist(err) {
		t.Skipf("the suite %s is not beside the repository", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("reading the suite %s: %v", name, err)
	}
}

// module is the folder of go.mod, above the folder that the test runs in.
func module(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Fatal("there is no go.mod above the test")
		}
		folder = parent
	}
}
