package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sonde/store"
)

// everyCommand calls do with each of our commands.
func everyCommand(do func(*cobra.Command)) {
	var walk func(*cobra.Command)
	walk = func(command *cobra.Command) {
		do(command)
		for _, below := range command.Commands() {
			walk(below)
		}
	}
	walk(newRoot(&app{env: func(string) string { return "" }}))
}

// TestHelp holds of every command that its help begins with what it does and how
// that looks, fits 80 columns, and names the variable of every flag that has one.
func TestHelp(t *testing.T) {
	everyCommand(func(command *cobra.Command) {
		if !command.Runnable() {
			return
		}
		t.Run(command.CommandPath(), func(t *testing.T) {
			c := newCaller(t)
			e := c.sonde(append(strings.Fields(command.CommandPath())[1:], "--help")...)
			c.wants(e, exitDone)
			for line := range strings.Lines(e.out) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
					t.Errorf("a line has %d columns: %q", n, line)
				}
			}
			examples, usage := strings.Index(e.out, "\nExamples:\n"), strings.Index(e.out, "\nUsage:\n")
			if examples < 0 || usage < examples {
				t.Errorf("examples do not come before the usage:\n%s", e.out)
			}
			command.Flags().VisitAll(func(flag *pflag.Flag) {
				if isSettable(flag) && !strings.Contains(e.out, "["+variable(flag.Name)+"]") {
					t.Errorf("the variable of --%s is not named:\n%s", flag.Name, e.out)
				}
			})
		})
	})
}

func TestHelpOfRoot(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde(), exitDone, "sonde demo", "crawl        Crawl a site", "--db FILE")
	c.wants(c.sonde("help", "crawl"), exitDone, "Which run:", groupReach+":", groupPace+":", "--max-pages N")
}

func TestCompletion(t *testing.T) {
	c := newCaller(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		c.wants(c.sonde("completion", shell), exitDone, "sonde")
	}
	c.wants(c.sonde("__complete", "crawl", "--max-"), exitDone, "--max-pages", "--max-time")
}

func TestVersion(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("version"), exitDone, "sonde "+version, "schema ")
	c.wants(c.sonde("version", "--json"), exitDone, `{"version":"`+version+`"`, `"schema":`)
	if !strings.HasPrefix(userAgent, "Sonde/"+version[:strings.LastIndex(version, ".")]+" ") {
		t.Errorf("the user agent %q is of another version than %s", userAgent, version)
	}
}

func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{fs.ErrNotExist, 1},
		{usagef("x"), 2},
		{configf("x"), 2},
		{errors.Join(errors.New("x"), usagef("y")), 2},
		{&endError{code: 3}, 3},
		{store.ErrFull, 3},
		{store.ErrNoFile, 10},
		{&store.HeldError{}, 11},
		{&store.NewerError{}, 12},
		{context.Canceled, 130},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("%v ends with %d, want %d", test.err, got, test.want)
		}
		if got := exitCode(fmt.Errorf("wrapped: %w", test.err)); test.err != nil && got != test.want {
			t.Errorf("%v, wrapped, ends with %d, want %d", test.err, got, test.want)
		}
	}
}

func TestSentences(t *testing.T) {
	full := errors.New("the disk is full")
	err := errors.Join(fmt.Errorf("writing: %w", full), full, errors.New("and more"))
	if got, want := sentences(err), "writing: the disk is full\nsonde: and more"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}
