package weburl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// readSuite reads a file of the suites that the project shares, which lie beside
// the repository; without them it skips the test.
func readSuite(t *testing.T, name string, into any) {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(root, "go.mod")) {
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the package")
		}
		root = filepath.Dir(root)
	}
	file := filepath.Join(root, "..", "shared", "suites", filepath.FromSlash(name))
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skipf("the shared suite %s is not here", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("reading the suite %s: %v", name, err)
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
