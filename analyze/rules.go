package analyze

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"sonde"
)

//go:embed rules/*.sql
var embedded embed.FS

// Rules returns the rules that come with the program, by name.
var Rules = sync.OnceValue(func() []sonde.Rule {
	folder, err := fs.Sub(embedded, "rules")
	if err != nil {
		panic(err)
	}
	rules, err := ReadRules(folder, "rules")
	if err != nil {
		panic(fmt.Sprintf("analyze: the embedded rules: %v", err))
	}
	return rules
})

// ReadRules reads the rules of a folder: every file whose name ends in .sql. The name
// of the folder stands before theirs in what is said of them. Those that are right are
// returned beside the error, which joins a *[RuleError] for each that is not.
func ReadRules(folder fs.FS, name string) ([]sonde.Rule, error) {
	files, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return nil, err
	}
	var rules []sonde.Rule
	var errs []error
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			errs = append(errs, fmt.Errorf("reading a rule: %w", err))
			continue
		}
		rule, err := ParseRule(name+"/"+file, string(text))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rules = append(rules, rule)
	}
	return rules, errors.Join(errs...)
}

// With returns the rules of the program and others: one that is called as one of the
// program's takes its place.
func With(own []sonde.Rule) []sonde.Rule {
	rules := slices.Clone(Rules())
	for _, r := range own {
		if i := slices.IndexFunc(rules, func(have sonde.Rule) bool { return have.Name == r.Name }); i >= 0 {
			rules[i] = r
		} else {
			rules = append(rules, r)
		}
	}
	slices.SortFunc(rules, func(a, b sonde.Rule) int { return strings.Compare(a.Name, b.Name) })
	return rules
}

// ours reports whether a rule is one of the program's, as it came.
func ours(r sonde.Rule) bool {
	return slices.ContainsFunc(Rules(), func(have sonde.Rule) bool { return have.Name == r.Name && have.SQL == r.SQL })
}
