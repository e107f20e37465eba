package house

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHouse holds this module to its own rules.
func TestHouse(t *testing.T) {
	found, err := Check(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// TestHouseIsRead guards against a check that passes because it sees nothing.
func TestHouseIsRead(t *testing.T) {
	_, err := Check(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "go.mod") {
		t.Errorf("Check of a folder without a module = %v, want an error that names go.mod", err)
	}
}

// TestCheck builds small modules, each with one file, and says what the checker
// must find there. A want of "" means that the file is as it should be.
func TestCheck(t *testing.T) {
	tests := []struct {
		name, file, source, want string
	}{
		{"root speaks to the standard library", "site.go", `package m; import _ "time"`, ""},
		{"root knows nothing of ours", "site.go", `package m; import _ "m/store"`, "imports m/store: the root package is the vocabulary"},
		{"root knows nothing foreign", "site.go", `package m; import _ "golang.org/x/net/html"`, "imports golang.org/x/net/html: the root package"},

		{"crawler imports root", "crawler/loop.go", `package crawler; import _ "m"`, ""},
		{"crawler imports its own", "crawler/loop.go", `package crawler; import _ "m/crawler/robots"`, ""},
		{"crawler knows no store", "crawler/loop.go", `package crawler; import _ "m/store"`, "imports m/store: crawler fetches and reads"},
		{"crawler knows no dashboard", "crawler/gate/gate.go", `package gate; import _ "m/dashboard"`, "imports m/dashboard"},
		{"crawler knows no SQL", "crawler/loop.go", `package crawler; import _ "database/sql"`, "imports database/sql: SQL lives in store"},
		{"crawler has no other rooms", "crawler/parser/p.go", `package parser`, "package crawler/parser: it has no place"},
		{"netprobe knows no crawler", "netprobe/dns.go", `package netprobe; import _ "m/crawler"`, "netprobe asks hosts questions"},

		{"store imports migrations", "store/open.go", `package store; import _ "m/migrations"`, ""},
		{"store knows no crawler", "store/open.go", `package store; import _ "m/crawler/weburl"`, "store keeps visits"},
		{"store knows no HTTP", "store/open.go", `package store; import _ "net/http"`, "imports net/http"},
		{"store knows no HTTP below either", "store/open.go", `package store; import _ "net/http/httptrace"`, "imports net/http/httptrace"},
		{"analyze starts nothing", "analyze/run.go", `package analyze; import _ "m/pipeline"`, "analyze asks questions"},
		{"dashboard does not crawl", "dashboard/live.go", `package dashboard; import _ "m/crawler"`, "dashboard shows"},
		{"pipeline joins", "pipeline/run.go", `package pipeline; import (_ "m/crawler"; _ "m/store"; _ "m/dashboard")`, ""},
		{"pipeline knows no command", "pipeline/run.go", `package pipeline; import _ "m/cmd/sonde"`, "pipeline joins the stages"},
		{"cmd wires", "cmd/sonde/main.go", `package main; import (_ "m/pipeline"; _ "m/demo"; _ "flag")`, ""},
		{"cmd is no benchmark", "cmd/sonde/main.go", `package main; import _ "m/bench/site"`, "a command wires"},
		{"helpers are for tests", "cmd/sonde/main.go", `package main; import _ "m/internal/house"`, "test helpers are not part of it"},
		{"helpers in tests", "cmd/sonde/main_test.go", `package main; import _ "m/internal/house"`, ""},
		{"demo knows nobody", "demo/demo.go", `package demo; import _ "m"`, "demo is a site like any other"},
		{"bench measures from outside", "bench/main.go", `package main; import _ "m/store"`, "bench measures"},
		{"a room of its own", "scheduler/s.go", `package scheduler`, "has no place in the layout"},

		{"colly in its file", "crawler/fetch/colly.go", `package fetch; import _ "github.com/gocolly/colly/v2"`, ""},
		{"colly elsewhere", "crawler/fetch/dial.go", `package fetch; import _ "github.com/gocolly/colly/v2"`, "colly stays behind one file"},
		{"colly below", "crawler/loop.go", `package crawler; import _ "github.com/gocolly/colly/v2/storage"`, "colly stays behind one file"},
		{"a name that only begins alike", "crawler/loop.go", `package crawler; import _ "github.com/gocolly/collyx"`, ""},
		{"whatwg in weburl", "crawler/weburl/parse.go", `package weburl; import _ "github.com/nlnwa/whatwg-url/url"`, ""},
		{"whatwg elsewhere", "crawler/markup/base.go", `package markup; import _ "github.com/nlnwa/whatwg-url/url"`, "two would disagree"},
		{"echo in dashboard", "dashboard/web.go", `package dashboard; import _ "github.com/labstack/echo/v4"`, ""},
		{"echo elsewhere", "cmd/sonde/serve.go", `package main; import _ "github.com/labstack/echo/v4"`, "echo serves the dashboard"},
		{"sqlite in store", "store/open.go", `package store; import _ "zombiezen.com/go/sqlite/sqlitex"`, ""},
		{"sqlite elsewhere", "analyze/run.go", `package analyze; import _ "modernc.org/sqlite"`, "only store opens the file"},
		{"goquery in the loop", "crawler/loop.go", `package crawler; import _ "github.com/PuerkitoBio/goquery"`, "without a DOM"},

		{"flags", "store/open.go", `package store; import _ "flag"`, "flags belong to commands"},
		{"environment", "store/open.go", `package store; import "os"; var home = os.Getenv("HOME")`, "uses os.Getenv"},
		{"environment under another name", "store/open.go", `package store; import sys "os"; var home = sys.Getenv("HOME")`, "uses os.Getenv"},
		{"a method of that name", "store/open.go", `package store; import "m"; func f(os m.Run) { os.Exit() }`, ""},
		{"exit", "pipeline/run.go", `package pipeline; import "os"; func f() { os.Exit(1) }`, "uses os.Exit"},
		{"exit in a command", "cmd/sonde/main.go", `package main; import "os"; func main() { os.Exit(1) }`, ""},
		{"fatal", "dashboard/web.go", `package dashboard; import "log"; func f() { log.Fatalf("x") }`, "uses log.Fatalf"},
		{"sleep", "cmd/sonde/main.go", `package main; import "time"; func f() { time.Sleep(1) }`, "nothing sleeps"},
		{"sleep in a test", "store/open_test.go", `package store; import "time"; func f() { time.Sleep(1) }`, ""},
		{"a context of one's own", "crawler/loop.go", `package crawler; import "context"; var c = context.Background()`, "a context comes from the caller"},
		{"a context kept", "crawler/loop.go", `package crawler; import "context"; type loop struct { ctx context.Context }`, "stores a context"},
		{"a context passed", "crawler/loop.go", `package crawler; import "context"; func f(ctx context.Context) {}`, ""},

		{"an empty name", "store/util/u.go", `package util`, "this name says nothing"},
		{"an empty name in a test", "store/x_test.go", `package util_test`, "this name says nothing"},
		{"foreign code", "store/testdata/x.go", `package util; import _ "net/http"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, "go.mod", "module m\n")
			write(t, root, test.file, test.source)
			found, err := Check(root)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				if len(found) > 0 {
					t.Errorf("found %v, want nothing", found)
				}
				return
			}
			if len(found) == 0 || !anyContains(found, test.want) {
				t.Errorf("found %v, want %q", found, test.want)
			}
		})
	}
}

// TestCheckNamesThePlace holds the form in which a violation is shown.
func TestCheckNamesThePlace(t *testing.T) {
	root := t.TempDir()
	write(t, root, "go.mod", "// a comment\nmodule m\n")
	write(t, root, "store/open.go", "package store\n\nimport _ \"m/crawler\"\n")
	found, err := Check(root)
	if err != nil || len(found) != 1 {
		t.Fatalf("Check = %v, %v, want one violation", found, err)
	}
	want := "store/open.go:3: imports m/crawler: store keeps visits in one file and knows not where they come from"
	if got := found[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestCheckReportsWhatItCannotRead holds that broken code is not passed over.
func TestCheckReportsWhatItCannotRead(t *testing.T) {
	root := t.TempDir()
	write(t, root, "go.mod", "module m\n")
	write(t, root, "store/open.go", "package store\nfunc {")
	if _, err := Check(root); err == nil || !strings.Contains(err.Error(), "open.go") {
		t.Errorf("Check of a broken file = %v, want an error that names it", err)
	}
}

func anyContains(found []Violation, want string) bool {
	for _, v := range found {
		if strings.Contains(v.String(), want) {
			return true
		}
	}
	return false
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
