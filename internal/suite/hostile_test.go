package suite_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sonde/internal/suite"
)

// TestHostile holds that testdata/hostile.txt says of every case of the suite which tests
// hold it, or why none does, and that those tests are there.
func TestHostile(t *testing.T) {
	var cases []struct{ ID string }
	suite.Read(t, "hostile", &cases)
	table, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	tests := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		id, by, _ := strings.Cut(strings.TrimSpace(line), " ")
		if id == "#" {
			continue
		}
		if held[id] || by == "" {
			t.Errorf("%s stands twice, or has nothing beside it", id)
		}
		held[id] = true
		for _, name := range strings.Fields(by) {
			if strings.HasPrefix(by, "- ") {
				break
			}
			if !isTest(t, tests, name) {
				t.Errorf("%s: there is no test %s", id, name)
			}
		}
	}
	for _, c := range cases {
		if !held[c.ID] {
			t.Errorf("nothing is said of %s", c.ID)
		}
	}
	if len(held) != len(cases) {
		t.Errorf("%d cases are spoken of, and the suite has %d", len(held), len(cases))
	}
}

// isTest reports whether there is a test of that folder and name. What it reads of a
// folder it adds to known.
func isTest(t *testing.T, known map[string]bool, name string) bool {
	folder, _, _ := strings.Cut(name, ".")
	if !known[folder] {
		known[folder] = true
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range syntax.Decls {
				if function, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(function.Name.Name, "Test") {
					known[folder+"."+function.Name.Name] = true
				}
			}
		}
	}
	return known[name]
}
