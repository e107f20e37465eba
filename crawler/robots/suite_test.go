package robots

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// suiteCase is one case of the shared robots suite: may the agent fetch the URL?
type suiteCase struct {
	ID        string  `json:"id"`
	UserAgent string  `json:"user_agent"`
	Robots    *string `json:"robots"`
	Base64    []byte  `json:"robots_base64"`
	URL       string  `json:"url"`
	Allowed   bool    `json:"allowed"`
}

func (c suiteCase) body() []byte {
	if c.Robots != nil {
		return []byte(*c.Robots)
	}
	return c.Base64
}

func TestSharedSuite(t *testing.T) {
	var cases []suiteCase
	readSuite(t, "robots", &cases)
	for _, c := range cases {
		if got := Parse(c.body()).For(c.UserAgent).Decide(c.URL); got.Allowed != c.Allowed {
			t.Errorf("%s: %q on %.200q: allowed = %v (line %d), want %v\n%.1000s",
				c.ID, c.UserAgent, c.URL, got.Allowed, got.Line, c.Allowed, c.body())
		}
	}
}

// readSuite reads a table of the suites that lie beside the repository, and skips
// the test where they do not.
func readSuite(t *testing.T, name string, cases any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository(t), "..", "shared", "suites", name, "cases.json"))
	if os.IsNotExist(err) {
		t.Skipf("the shared suite %q is not beside the repository", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, cases); err != nil {
		t.Fatalf("suite %q: %v", name, err)
	}
}

// repository gives the folder of go.mod.
func repository(t *testing.T) string {
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
