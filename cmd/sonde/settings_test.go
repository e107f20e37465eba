package main

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// crawlFlags are the flags of crawl after a call, as the places gave them.
func crawlFlags(t *testing.T, env map[string]string, args ...string) (func(flag string) string, *app, error) {
	t.Helper()
	a := &app{env: func(name string) string { return env[name] }}
	root := newRoot(a)
	command, rest, err := root.Find(append([]string{"crawl"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	if err := command.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	err = a.prepare(command, nil)
	return func(flag string) string { return command.Flags().Lookup(flag).Value.String() }, a, err
}

// TestPrecedence holds that a flag counts before the environment, that before the
// file, and that before the default.
func TestPrecedence(t *testing.T) {
	t.Chdir(t.TempDir())
	file := "db: file.db\nquiet: true\ncrawl:\n  rate: 2\n  per_host: 2\n  depth: 2\n  exclude:\n  - a\n  - b\n  site: named\n"
	if err := os.WriteFile(usualSettings, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SONDE_RATE": "3", "SONDE_PER_HOST": "3", "SONDE_INCLUDE": "x\ny\n"}
	value, a, err := crawlFlags(t, env, "--rate", "4")
	if err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{
		"rate": "4", "per-host": "3", "depth": "2", "retries": "2", "include": "x, y", "exclude": "a, b", "site": "named",
	} {
		if got := value(flag); got != want {
			t.Errorf("--%s is %q, want %q", flag, got, want)
		}
	}
	if a.dbPath != "file.db" || !a.quiet {
		t.Errorf("the shared flags are %q and %v, want those of the file", a.dbPath, a.quiet)
	}
	if _, a, err = crawlFlags(t, map[string]string{"SONDE_DB": "env.db"}); a.dbPath != "env.db" || err != nil {
		t.Errorf("--db is %q, %v, want what the environment says", a.dbPath, err)
	}
}

func TestNamedSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("other.yaml", []byte("crawl: {rate: 7}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if value, _, err := crawlFlags(t, nil, "--config", "other.yaml"); err != nil || value("rate") != "7" {
		t.Errorf("--config: rate %s, %v, want 7", value("rate"), err)
	}
	if value, _, err := crawlFlags(t, map[string]string{"SONDE_CONFIG": "other.yaml"}); err != nil || value("rate") != "7" {
		t.Errorf("SONDE_CONFIG: rate %s, %v, want 7", value("rate"), err)
	}
	if value, _, err := crawlFlags(t, nil); err != nil || value("rate") != "10" {
		t.Errorf("without a file: rate %s, %v, want 10", value("rate"), err)
	}
	if _, _, err := crawlFlags(t, nil, "--config", "missing.yaml"); err == nil || !strings.Contains(err.Error(), "missing.yaml") {
		t.Errorf("a missing file gives %v, want an error that names it", err)
	}
}

// TestBadSettings holds what is said of settings that cannot be, and where.
func TestBadSettings(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"empty", "", ""},
		{"comments only", "# db: x\n", ""},
		{"an empty section", "crawl:\n", ""},
		{"an alias", "crawl: {include: &all [a], exclude: *all}\n", ""},
		{"a typing error", "crawl:\n  rate: 2\n  max_page: 3\n", `sonde.yaml:3: unknown key "max_page" in crawl; did you mean max_pages?`},
		{"a flag's spelling", "crawl: {max-pages: 3}\n", `sonde.yaml:1: unknown key "max-pages" in crawl; did you mean max_pages?`},
		{"a misplaced key", "db: x\nmax_pages: 3\n", `sonde.yaml:2: unknown key "max_pages"; it belongs under "crawl:"`},
		{"an unknown section", "crwl:\n  rate: 2\n", `sonde.yaml:1: unknown key "crwl"; did you mean crawl?`},
		{"nothing like it", "zebra: 1\n", `sonde.yaml:1: unknown key "zebra"`},
		{"not settable", "crawl: {resume: true}\n", `sonde.yaml:1: unknown key "resume" in crawl`},
		{"twice", "crawl:\n  rate: 2\n  rate: 3\n", `sonde.yaml:3: the key "rate" is there twice`},
		{"a bad value", "crawl:\n  rate: fast\n", `sonde.yaml:2: crawl.rate "fast": a number of requests a second is wanted`},
		{"no value", "crawl:\n  rate:\n", "sonde.yaml:2: crawl.rate: one value is wanted"},
		{"a list for one", "crawl:\n  rate: [1, 2]\n", "sonde.yaml:2: crawl.rate: one value is wanted"},
		{"a list of lists", "crawl:\n  include: [[a]]\n", "sonde.yaml:2: crawl.include: one value is wanted"},
		{"a list for a section", "crawl: [rate]\n", "sonde.yaml:1: crawl must be keys with values"},
		{"a list for all", "- rate\n", "sonde.yaml:1: the file must be keys with values"},
		{"not YAML", "db: x\n\tcrawl: {\n", "sonde.yaml:2: it is not YAML"},
		{"a password", "crawl: {auth: secret}\n", "sonde.yaml:1: crawl.auth: USER:PASSWORD is wanted"},
		{"a switch", "quiet: perhaps\n", `sonde.yaml:1: quiet "perhaps": true or false is wanted`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile(usualSettings, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := crawlFlags(t, nil)
			if test.want == "" {
				if err != nil {
					t.Errorf("it is refused: %v", err)
				}
				return
			}
			var usage *usageError
			if !errors.As(err, &usage) || !usage.elsewhere || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it gives %v, want a usage error with %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("a password is repeated: %v", err)
			}
		})
	}
}

// TestSettingsOfAnotherCommand holds that a slip anywhere in the file is told to
// everyone, and that a section counts for its command alone.
func TestSettingsOfAnotherCommand(t *testing.T) {
	c := newCaller(t)
	t.Chdir(c.dir)
	write := func(text string) {
		if err := os.WriteFile(usualSettings, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("crawl: {rat: 2}\n")
	c.wants(c.sonde("runs", "list"), exitUsage, `did you mean rate?`, "!Usage:")
	c.wants(c.sonde("completion", "bash"), exitDone, "complete")
	write("crawl: {rate: 2}\n")
	c.wants(c.sonde("runs", "list"), exitNoFile)
}
