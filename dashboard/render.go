package dashboard

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/store"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates of all pages, by name. Each is its own file with the frame
// and the parts that pages share. They are read when the first is wanted: other commands
// of the program do without.
var pages = sync.OnceValue(loadPages)

func loadPages() map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/shared/*.html"))
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic("dashboard: reading the embedded templates: " + err.Error())
	}
	found := map[string]*template.Template{}
	for _, name := range names {
		own := template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, name))
		found[strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")] = own
	}
	return found
}

// functions are what templates can call.
var functions = template.FuncMap{
	"asset":     assetURL,
	"thousands": sonde.Thousands,
	"plural":    pluralOf,
	"bytes":     sonde.InBytes,
	"words":     sonde.InTime,
	"percent":   percent,
	"time":      timeOf,
	"url":       urlCell,
	"status":    statusBadge,
	"outcome":   outcomeBadge,
	"severity":  severityBadge,
	"visible":   visible,
	"label":     label,
	"since":     since,
	"why":       why,
	"twin":      twin,
	"rows":      rowsHTML,
	"options":   optionsHTML,
	"boxes":     boxesHTML,
}

// pluralOf is plural for whatever whole number a template has.
func pluralOf(n any, one string) string {
	switch n := n.(type) {
	case int:
		return sonde.Plural(int64(n), one)
	case int64:
		return sonde.Plural(n, one)
	}
	return fmt.Sprint(n, " ", one)
}

// why is the reason for which a run ended, without the word for its status, which stands
// before it.
func why(status sonde.RunStatus, reason string) string {
	return visible(strings.TrimPrefix(reason, string(status)+": "))
}

// since is how long ago something began, in words.
func since(t time.Time) string { return sonde.InTime(time.Since(t)) }

// frame is what every page has: it is embedded in the pages' structs.
type frame struct {
	Title   string
	Here    string // the entry of the menu that the page belongs to, by its path
	Refresh bool   // the page changes by itself: without a script it is loaded again
	Menu    []entry
	Visitor visitor
	Login   bool   // people log in here
	Admin   bool   // the visitor may command, and there is somebody who carries it out
	Notice  string // what everybody should know
	Version string
	Done    string // what was just done
}

// entry is a line of the menu.
type entry struct {
	Path, Label, Icon, Key string
	Here                   bool
	Begins                 bool // a group
}

// menu is the way around.
var menu = []entry{
	{Path: "/", Label: "Overview", Icon: "home", Key: "o"},
	{Path: "/sites", Label: "Sites", Icon: "globe", Key: "s"},
	{Path: "/runs", Label: "Runs", Icon: "play", Key: "r"},
	{Path: "/schedules", Label: "Schedules", Icon: "clock", Key: "d"},
	{Path: "/issues", Label: "Issues", Icon: "alert", Key: "i", Begins: true},
	{Path: "/changes", Label: "Changes", Icon: "diff", Key: "c"},
	{Path: "/pages", Label: "Pages", Icon: "page", Key: "p"},
	{Path: "/links", Label: "Links", Icon: "link", Key: "l"},
	{Path: "/hosts", Label: "Hosts", Icon: "server", Key: "h"},
	{Path: "/sql", Label: "SQL", Icon: "code", Key: "q", Begins: true},
	{Path: "/schema", Label: "Schema", Icon: "table", Key: "m"},
	{Path: "/settings", Label: "Settings", Icon: "gear", Key: "t"},
}

// framed is a page's struct.
type framed interface{ framing() *frame }

func (f *frame) framing() *frame { return f }

// link is a text that leads somewhere.
type link struct{ Text, URL string }

// render writes a page. Nothing is sent before it is whole, so that an error in its
// template becomes an error page.
func (s *Server) render(c echo.Context, status int, name string, page framed) error {
	s.complete(c, page.framing())
	var b bytes.Buffer
	if err := pages()[name].ExecuteTemplate(&b, "frame", page); err != nil {
		return err
	}
	return c.HTMLBlob(status, b.Bytes())
}

// renderInParts writes a page of which a part comes later. begin is given what sends the
// page as far as it is written; the template comes by a method to call it. After that an
// error breaks the connection, since the page cannot be taken back.
func (s *Server) renderInParts(c echo.Context, name string, page framed, begin func(send func() error)) error {
	s.complete(c, page.framing())
	var b bytes.Buffer
	begin(func() error {
		err := c.HTMLBlob(http.StatusOK, b.Bytes())
		b.Reset()
		c.Response().Flush()
		return err
	})
	err := pages()[name].ExecuteTemplate(&b, "frame", page)
	if err != nil && c.Response().Committed {
		s.Log.Error("a page broke off", "path", c.Request().URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
	if err == nil {
		_, err = c.Response().Write(b.Bytes())
	}
	return err
}

// complete fills in what the frame knows of the request.
func (s *Server) complete(c echo.Context, f *frame) {
	f.Visitor, f.Login, f.Version = who(c), s.Login, s.Version
	f.Admin = s.Control != nil && f.Visitor.Role.May("admin") && f.Visitor.Role != ""
	if s.Control == nil {
		f.Notice = "Another sonde writes this file; this dashboard shows it and cannot command."
	}
	f.Done = done[c.QueryParam("done")]
	for _, e := range menu {
		e.Here = e.Path == f.Here
		f.Menu = append(f.Menu, e)
	}
}

// done are the sentences for what was just done, by the word in the address.
var done = map[string]string{
	"saved":   "Saved.",
	"removed": "Removed.",
	"stopped": "The run ends: what is on its way is recorded first.",
	"waits":   "The run waits for its turn.",
	"muted":   "Muted.",
	"unmuted": "No longer muted.",
	"changed": "Changed.",
}

// errorPage says what went wrong and what to do.
type errorPage struct {
	frame
	Status  int
	Heading string
	Message string
	Back    string
}

var headings = map[int]string{
	http.StatusBadRequest:           "That cannot be asked",
	http.StatusUnauthorized:         "Please log in",
	http.StatusForbidden:            "That is not allowed",
	http.StatusNotFound:             "There is nothing here",
	http.StatusMethodNotAllowed:     "That cannot be done here",
	http.StatusConflict:             "That cannot be done now",
	http.StatusUnsupportedMediaType: "That cannot be read",
	http.StatusMisdirectedRequest:   "Wrong name",
	http.StatusServiceUnavailable:   "That takes too long",
}

// fail answers a request that a handler gave up. (echo.HTTPErrorHandler)
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status, message := s.explain(err, c)
	c.Response().Header().Del("Content-Disposition")
	if wantsJSON(c.Request()) {
		answer := map[string]any{"ok": false, "status": status, "error": message}
		if wrong := faultsOf(err); len(wrong) > 0 {
			answer["errors"] = wrong
		}
		_ = c.JSON(status, answer) // the client is gone
		return
	}
	heading := headings[status]
	if heading == "" {
		heading = "Something went wrong"
	}
	page := &errorPage{frame: frame{Title: heading}, Status: status, Heading: heading, Message: message, Back: "/"}
	if err := s.render(c, status, "error", page); err != nil {
		s.Log.Error("an error page could not be shown", "error", err)
	}
}

// explain is the status of an error and what it says to people.
func (s *Server) explain(err error, c echo.Context) (int, string) {
	var (
		answer  *echo.HTTPError
		refusal *Refusal
		tooBig  *http.MaxBytesError
	)
	switch {
	case errors.As(err, &tooBig):
		return http.StatusRequestEntityTooLarge, "The request is larger than " + sonde.InBytes(maxForm) + "."
	case errors.As(err, &answer):
		message, _ := answer.Message.(string)
		if message == http.StatusText(answer.Code) {
			message = ""
		}
		return answer.Code, visible(message)
	case len(faultsOf(err)) > 0:
		return http.StatusBadRequest, sentence(err)
	case errors.As(err, &refusal), errors.Is(err, errNoControl):
		return http.StatusConflict, sentence(err)
	case errors.Is(err, store.ErrTooSlow):
		return http.StatusServiceUnavailable, "The answer took too long: there is much to look at, or the machine is busy. Ask for less, or try again in a moment."
	case errors.Is(err, store.ErrBusy):
		return http.StatusServiceUnavailable, "Another program keeps the database locked. End what writes it, or try again in a moment."
	case errors.Is(err, context.Canceled), c.Request().Context().Err() != nil: // nobody waits any longer, or the server ends
		return http.StatusServiceUnavailable, "The request was given up."
	}
	s.Log.Error("a page failed", "path", c.Request().URL.Path, "error", err)
	return http.StatusInternalServerError, sentence(err)
}

// finish answers a command: a browser goes where the result can be seen, a program is
// told where that is.
func finish(c echo.Context, where string) error {
	if wantsJSON(c.Request()) {
		return c.JSON(http.StatusOK, map[string]any{"ok": true, "location": where})
	}
	return c.Redirect(http.StatusSeeOther, where)
}
