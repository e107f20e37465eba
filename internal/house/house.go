// Package house keeps the house in order: it reads every Go file of the module
// and reports what goes against the layout that the design lays down. It is for
// tests only; its own test runs it over the module.
//
// There are four kinds of rule, each with the reason that a violation prints:
//
//   - arrows: which of our packages a package may import (arrows.go)
//   - places: in which folders or files a foreign package may be imported
//   - words:  which functions may be called only in some folders, and which
//     names no package has
//   - shapes: contexts are passed and never stored
//
// Arrows, places and words hold for the program; a test may import and call what
// it needs. Package names hold for tests too.
package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Violation is one place that goes against a rule.
type Violation struct {
	File    string // relative to the module, with slashes
	Line    int
	What    string // what stands there
	Because string // why it may not
}

// String gives the violation as a compiler would print it.
func (v Violation) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", v.File, v.Line, v.What, v.Because)
}

// Check reads the module whose go.mod lies in root and returns what goes against
// the rules, in the order of the files. The error is for what cannot be read.
func Check(root string) ([]Violation, error) {
	module, err := modulePath(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	var found []Violation
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipForeign(name, root)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		violations, err := checkFile(root, name, module)
		found = append(found, violations...)
		return err
	})
	return found, err
}

// skipForeign leaves out the folders that the go command leaves out.
func skipForeign(name, root string) error {
	base := filepath.Base(name)
	if name != root && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
		return filepath.SkipDir
	}
	return nil
}

// modulePath reads the module's path from its go.mod.
func modulePath(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the module's name: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", fmt.Errorf("read the module's name: %s has no module line", file)
}

// source is one parsed file and what the rules ask about it.
type source struct {
	name   string // relative to the module, with slashes
	dir    string // its folder, "." for the root package
	module string
	fset   *token.FileSet
	file   *ast.File
}

func checkFile(root, name, module string) ([]Violation, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse for the house rules: %w", err)
	}
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return nil, err
	}
	relative = filepath.ToSlash(relative)
	s := &source{name: relative, dir: path.Dir(relative), module: module, fset: fset, file: file}
	found := s.checkName()
	if !strings.HasSuffix(relative, "_test.go") {
		found = slices.Concat(found, s.checkImports(), s.checkBody())
	}
	return found, nil
}

// checkName holds the package's name against the words we do not use.
func (s *source) checkName() []Violation {
	name := strings.TrimSuffix(s.file.Name.Name, "_test")
	if !slices.Contains(emptyNames, name) {
		return nil
	}
	return []Violation{s.violation(s.file.Name, "package "+name, "a package is named after what it provides; this name says nothing")}
}

// checkImports holds the file's imports against arrows and places.
func (s *source) checkImports() []Violation {
	var found []Violation
	own, known := arrowOf(s.dir)
	if !known {
		found = append(found, s.violation(s.file.Name, "package "+s.dir, "it has no place in the layout; give it one in internal/house/arrows.go"))
	}
	for _, spec := range s.file.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		if inner, ours := cutModule(target, s.module); ours {
			if known && !own.allows(inner) {
				found = append(found, s.violation(spec, "imports "+target, own.because))
			}
			continue
		}
		if known && own.stdOnly && !isStandard(target) {
			found = append(found, s.violation(spec, "imports "+target, own.because))
		}
		found = append(found, s.checkPlaces(spec, target)...)
	}
	return found
}

func (s *source) checkPlaces(spec *ast.ImportSpec, target string) []Violation {
	var found []Violation
	for _, p := range places {
		if p.covers(target) && !p.admits(s.name) {
			found = append(found, s.violation(spec, "imports "+target, p.because))
		}
	}
	return found
}

// checkBody looks for calls that only some folders may make, and for contexts
// kept in structs.
func (s *source) checkBody() []Violation {
	names := s.importNames()
	var found []Violation
	ast.Inspect(s.file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.SelectorExpr:
			if word := qualified(n, names); word != "" {
				found = append(found, s.checkWord(n, word)...)
			}
		case *ast.StructType:
			found = append(found, s.checkFields(n, names)...)
		}
		return true
	})
	return found
}

func (s *source) checkWord(at ast.Node, word string) []Violation {
	var found []Violation
	for _, w := range words {
		if slices.Contains(w.names, word) && !within(s.name, w.only) {
			found = append(found, s.violation(at, "uses "+word, w.because))
		}
	}
	return found
}

func (s *source) checkFields(n *ast.StructType, names map[string]string) []Violation {
	var found []Violation
	for _, field := range n.Fields.List {
		if selector, ok := field.Type.(*ast.SelectorExpr); ok && qualified(selector, names) == "context.Context" {
			found = append(found, s.violation(field, "stores a context", "a context belongs to a call; pass it as the first parameter"))
		}
	}
	return found
}

// importNames maps the names by which a file knows its imports to their paths.
func (s *source) importNames() map[string]string {
	names := make(map[string]string, len(s.file.Imports))
	for _, spec := range s.file.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = target
	}
	return names
}

// qualified gives "path.Name" for a selector on an imported package, "" for any
// other.
func qualified(n *ast.SelectorExpr, names map[string]string) string {
	base, ok := n.X.(*ast.Ident)
	if !ok || names[base.Name] == "" {
		return ""
	}
	return names[base.Name] + "." + n.Sel.Name
}

func (s *source) violation(at ast.Node, what, because string) Violation {
	return Violation{File: s.name, Line: s.fset.Position(at.Pos()).Line, What: what, Because: because}
}

// cutModule gives the folder of a package of ours ("." for the root package).
func cutModule(target, module string) (string, bool) {
	if target == module {
		return ".", true
	}
	return strings.CutPrefix(target, module+"/")
}

// isStandard reports whether an import path belongs to the standard library: its
// first element has no dot.
func isStandard(target string) bool {
	first, _, _ := strings.Cut(target, "/")
	return !strings.Contains(first, ".")
}

// within reports whether a slash path is one of the given files or lies in one of
// the given folders.
func within(name string, places []string) bool {
	return slices.ContainsFunc(places, func(p string) bool {
		return name == p || strings.HasPrefix(name, p+"/")
	})
}
