package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sonde"

	"github.com/labstack/echo/v4"

	"sonde/store"
)

// What a question in SQL may cost.
const (
	consoles     = 2 // at once, of everybody
	consoleTime  = 5 * time.Second
	consoleRows  = 1000
	consoleBytes = 8 << 20
	maxSQL       = 64 << 10
)

var consoleLimits = store.Limits{Time: consoleTime, Rows: consoleRows, Length: consoleBytes}

// consolePage is the SQL console.
type consolePage struct {
	frame
	SQL       string
	Views     []store.View
	Asked     bool
	Heads     []head
	Rows      [][]cell
	Truncated bool
	Took      string
	Fault     string
	Plan      []string
	Exports   []link
	Limits    string
	Saved     []link // the queries that somebody kept
	Name      string // of the one that is shown, "" for none
	Examples  []link // to begin with
}

var examples = []struct{ text, sql string }{
	{"Broken links and where they stand", "SELECT source_url, target_url, anchor, target_status\nFROM links\nWHERE target_status >= 400\nLIMIT 100"},
	{"Pages by status", "SELECT status, count(*) AS pages\nFROM pages\nGROUP BY status\nORDER BY pages DESC"},
	{"The slowest pages", "SELECT url, ttfb_ms, total_ms\nFROM pages\nORDER BY ttfb_ms DESC\nLIMIT 50"},
	{"Titles that several pages share", "SELECT title, count(*) AS pages, min(url) AS one\nFROM pages\nWHERE title IS NOT NULL\nGROUP BY title\nHAVING pages > 1\nORDER BY pages DESC"},
}

func (s *Server) sql(c echo.Context) error {
	sql := c.QueryParam("sql")
	if c.Request().Method == http.MethodPost {
		sql = c.FormValue("sql")
	}
	return s.showConsole(c, &consolePage{frame: frame{Title: "SQL"}, SQL: sql})
}

// showConsole answers what a page asks, and shows it.
func (s *Server) showConsole(c echo.Context, page *consolePage) error {
	page.Here, page.Views, page.Asked = "/sql", s.schemas, strings.TrimSpace(page.SQL) != ""
	page.Limits = "One SELECT at a time, for " + strconv.Itoa(int(consoleTime.Seconds())) + " seconds at most; the first " + sonde.Thousands(consoleRows) + " rows are shown. Nothing can be changed from here."
	for _, e := range examples {
		page.Examples = append(page.Examples, link{e.text, "/sql?sql=" + escape(e.sql)})
	}
	saved, err := s.Accounts.Queries(c.Request().Context())
	if err != nil {
		return err
	}
	for _, q := range saved {
		page.Saved = append(page.Saved, link{q.Name, "/queries/" + url.PathEscape(q.Name)})
	}
	status := http.StatusOK
	switch {
	case page.Fault != "":
		status = http.StatusBadRequest
	case page.Asked:
		status = s.ask(c.Request().Context(), page)
	}
	return s.render(c, status, "sql", page)
}

// ask fills the answer in.
func (s *Server) ask(ctx context.Context, page *consolePage) int {
	began := time.Now()
	var rows gathered
	truncated, err := s.query(ctx, page.SQL, &rows)
	page.Took = inMilliseconds(float64(time.Since(began).Milliseconds()))
	if err != nil {
		page.Fault = sentence(err)
		page.Plan = s.plan(ctx, page.SQL)
		return faultStatus(err)
	}
	page.Truncated = truncated
	page.fill(rows)
	for _, format := range formats {
		page.Exports = append(page.Exports, link{upper(format), "/sql." + format + "?sql=" + escape(page.SQL)})
	}
	page.Plan = s.plan(ctx, page.SQL)
	return http.StatusOK
}

// fill shows the rows. A column of numbers is set to the right, with what is missing in it.
func (p *consolePage) fill(rows gathered) {
	p.Rows = make([][]cell, len(rows.rows))
	for i, name := range rows.names {
		right := rows.numeric(i)
		for j, values := range rows.rows {
			c := cellOf(plainName(name), values[i], 0)
			right = right && (c.Kind == "number" || c.Kind == "null")
			p.Rows[j] = append(p.Rows[j], c)
		}
		for j := range p.Rows {
			p.Rows[j][i].Right = right
		}
		p.Heads = append(p.Heads, head{Name: name, Label: visible(name), Number: right})
	}
}

// plainName is the name of a column as far as it says how its values are shown: where
// it is one that many things have, it says nothing.
func plainName(name string) string {
	if name == "name" || name == "id" {
		return ""
	}
	return name
}

// faultStatus is the status of a page that shows why a question has no answer.
func faultStatus(err error) int {
	var fault *store.QueryError
	switch {
	case errors.As(err, &fault), errors.Is(err, store.ErrTooBig):
		return http.StatusBadRequest
	case errors.Is(err, store.ErrTooSlow), errors.Is(err, errBusy):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

var errBusy = errors.New("others are asking at the moment; try again in a few seconds")

// query asks a question when it is its turn.
func (s *Server) query(ctx context.Context, sql string, to store.Sink) (truncated bool, err error) {
	if len(sql) > maxSQL {
		return false, &store.QueryError{What: "the statement is longer than " + sonde.InBytes(maxSQL)}
	}
	wait := time.NewTimer(consoleTime)
	defer wait.Stop()
	select {
	case s.console <- struct{}{}:
		defer func() { <-s.console }()
	case <-wait.C:
		return false, errBusy
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return s.File.Query(ctx, sql, nil, consoleLimits, to)
}

// plan is how SQLite would answer, nil where it cannot be told.
func (s *Server) plan(ctx context.Context, sql string) []string {
	var rows gathered
	if _, err := s.query(ctx, "EXPLAIN QUERY PLAN "+sql, &rows); err != nil {
		return nil
	}
	indent := map[string]string{}
	var lines []string
	for _, r := range rows.rows {
		if len(r) < 4 {
			return nil
		}
		in := indent[plain(r[1])]
		indent[plain(r[0])] = in + "  "
		lines = append(lines, in+visible(plain(r[3])))
	}
	return lines
}

// sqlExport makes the handler that gives the answer to a question in a format.
func (s *Server) sqlExport(format string) echo.HandlerFunc {
	return func(c echo.Context) error {
		q, err := exportQuery(c)
		if err != nil {
			return err
		}
		a := newAnswer(c, format, "query", q)
		if _, err := s.query(c.Request().Context(), c.QueryParam("sql"), a); err != nil {
			return a.fail(echo.NewHTTPError(faultStatus(err), sentence(err)))
		}
		return a.Close()
	}
}

// gathered is a store.Sink that keeps the rows.
type gathered struct {
	names []string
	rows  [][]any
	row   []any
}

func (g *gathered) Columns(names []string) error { g.names = slices.Clone(names); return nil }
func (g *gathered) Null()                        { g.row = append(g.row, nil) }
func (g *gathered) Integer(n int64)              { g.row = append(g.row, n) }
func (g *gathered) Float(f float64)              { g.row = append(g.row, f) }
func (g *gathered) Text(text []byte)             { g.row = append(g.row, string(text)) }
func (g *gathered) Blob(data []byte)             { g.row = append(g.row, slices.Clone(data)) }
func (g *gathered) EndRow() error {
	g.rows, g.row = append(g.rows, g.row), nil
	return nil
}

// numeric reports whether a column holds numbers, and nothing else.
func (g *gathered) numeric(column int) bool {
	numbers := 0
	for _, r := range g.rows {
		_, isNumber := numberOf(r[column])
		if !isNumber && r[column] != nil {
			return false
		}
		if isNumber {
			numbers++
		}
	}
	return numbers > 0
}
