package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"sonde/crawler/weburl"
	"sonde/pipeline"
	"sonde/store"
)

// app is what every command is given: where it reads and writes, the environment,
// and the flags that all commands share.
type app struct {
	stdin  io.Reader
	stdout io.Writer // data, and nothing else
	stderr io.Writer // everything else
	env    func(string) string

	dbPath     string
	configPath string // "": the usual one, if it is there
	quiet      bool

	gate    gate // of the commands that make a run
	makeRun func(context.Context, pipeline.Order) (pipeline.Result, error)
}

// openForReading opens the database beside whoever writes it. The caller closes it.
func (a *app) openForReading(ctx context.Context) (*store.File, error) {
	return store.OpenReadOnly(ctx, a.dbPath)
}

// openForWriting opens the database and holds it, creating it where it is not there.
// The caller closes it. tell is called with what people should know while it is
// open, such as that the disk is full; nil: standard error is told.
func (a *app) openForWriting(ctx context.Context, tell func(message string)) (*store.File, error) {
	if tell == nil {
		tell = func(message string) { a.warn("%s", message) }
	}
	if kind := store.NetworkFileSystem(a.dbPath); kind != "" {
		tell(fmt.Sprintf("Warning: %s is on a network file system (%s), where SQLite's locks may not hold and a crash may damage it; a local disk is safer.", a.dbPath, kind))
	}
	return store.Open(ctx, a.dbPath, store.Options{Domain: weburl.RegistrableDomain, Log: tell})
}

// say writes a line for people to standard error, unless they want quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		a.warn(format, args...)
	}
}

// warn writes a line to standard error that people want to see in any case.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintln(a.stderr, printable(fmt.Sprintf(format, args...)))
}

// terminal tells whether a stream of the app is a terminal that can move its cursor,
// and how many columns it has.
func (a *app) terminal(stream any) (columns int, ok bool) {
	file, isFile := stream.(interface{ Fd() uintptr })
	if !isFile || a.env("TERM") == "dumb" || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil || columns <= 0 {
		columns = 80
	}
	return columns, true
}

// colours tells whether a stream of the app may be coloured (https://no-color.org).
func (a *app) colours(stream any) bool {
	_, terminal := a.terminal(stream)
	return terminal && a.env("NO_COLOR") == ""
}

// printable makes a text harmless to a terminal: control characters and what changes
// the direction of writing are shown as escapes. Line breaks stay.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || !controls(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// controls reports whether a character controls the terminal instead of being shown.
func controls(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f: // C0 and C1
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c: // bidirectional
		return true
	}
	return false
}
