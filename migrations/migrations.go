// Package migrations holds the schema of a Sonde file: numbered steps that are
// applied once each, in order, and the public views, which are made anew whenever
// their text changes.
//
// A step that has been released is never edited: a change of the schema is a new
// file with the next number. PRAGMA user_version holds the number of the last step
// applied.
package migrations

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// ApplicationID marks a SQLite file as Sonde's (PRAGMA application_id): "Sond".
const ApplicationID = 0x536F6E64

// Step is one numbered change of the schema.
type Step struct {
	Version int
	Name    string
	SQL     string
}

// Steps returns every step, lowest version first.
func Steps() []Step {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(fmt.Sprintf("migrations: reading the embedded files: %v", err))
	}
	var steps []Step
	for _, e := range entries {
		number, name, ok := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		steps = append(steps, Step{Version: version, Name: name, SQL: read(e.Name())})
	}
	return steps
}

// Latest returns the version that a file has after all steps.
func Latest() int {
	steps := Steps()
	return steps[len(steps)-1].Version
}

// Views returns the SQL that drops and creates every public view. A view named
// X_history is followed by its twin X, which is the same SELECT for the latest run
// of each site.
func Views() string {
	var all strings.Builder
	for _, statement := range strings.SplitAfter(read("views.sql"), ";\n") {
		all.WriteString(statement)
		if strings.Contains(statement, "_history") {
			all.WriteString(latest(statement))
		}
	}
	return all.String()
}

// everyRun is the join that ties a site to its runs; onlyLatest narrows it.
const (
	everyRun   = "_runs r ON r.site_id = s.id"
	onlyLatest = everyRun + " AND r.id = s.last_run_id"
)

// latest turns the statement of a history view into that of its twin.
func latest(statement string) string {
	return strings.NewReplacer(
		"_history", "",
		everyRun, onlyLatest,
		"of every run", "of the latest run of each site",
	).Replace(statement)
}

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("migrations: reading the embedded %s: %v", name, err))
	}
	return string(b)
}
