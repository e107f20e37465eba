package dashboard

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/store"
)

// How long a table may think. What takes longer is shown as far as it came, and rows that
// do not come soon follow the head of their page.
const (
	listPatience  = 200 * time.Millisecond // rows in the order of the file, before the head of the page is shown
	lateList      = 2 * time.Second        // the same, after it
	soonSorted    = 50 * time.Millisecond  // rows in another order, before it
	sortPatience  = 20 * time.Second       // the same, after it
	countPatience = 80 * time.Millisecond  // before the page is shown
	facetPatience = 2 * time.Second        // after it
)

// tablePage shows a table.
type tablePage struct {
	frame
	Path, Title, Intro, Empty string
	Crawl                     bool // a crawl brings the first rows
	OneHost                   bool // all URLs shown begin alike
	Heads                     []head
	Rows                      [][]cell
	Chips                     []chip
	Counts                    *counts // nil: counted when the page is there
	CountsURL, CountsHere     string
	Search                    string
	Hidden                    []pair // the parameters that a search keeps
	Choices                   []choice
	Operators                 []string
	Sizes                     []step
	First, Next               string
	Paused                    bool
	Sorted                    bool   // by a column
	Fault                     string // why there are no rows
	Again                     string // the address of this page
	Exports                   []link
	SQL                       string // the address of the same question in SQL
	Filtered                  bool

	later func() error // brings the rows when what stands before them has gone out; nil: they are there
}

// Late reports whether the rows come later.
func (p *tablePage) Late() bool { return p.later != nil }

// Await waits for rows that come later. It is for the template, at the place of the rows.
func (p *tablePage) Await() (string, error) {
	if p.later == nil {
		return "", nil
	}
	return "", p.later()
}

// head is the top of a column.
type head struct {
	Name, Label, Meaning string
	Number               bool
	Sorted               string // ascending, descending, or "" for not
	Ascending            string // the addresses that sort by it
	Descending           string
}

// chip is a filter that holds, and the address without it.
type chip struct{ Column, Operator, Value, Without string }

// pair is a parameter of an address.
type pair struct{ Name, Value string }

// choice is a column that may be shown.
type choice struct {
	Name, Label, Meaning string
	Shown                bool
}

// step is another number of rows.
type step struct {
	Rows int
	URL  string
	Here bool
}

// table makes the handler of a table's page.
func (s *Server) table(t table) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.QueryParam("_column") != "" {
			return c.Redirect(http.StatusSeeOther, t.composed(c.QueryParams()))
		}
		schema := s.views[t.view]
		values := maps.Clone(c.QueryParams())
		values.Del(usual)
		q, err := t.parse(values, schema)
		if err != nil {
			return asBadRequest(err)
		}
		ctx, cancel := context.WithTimeoutCause(c.Request().Context(), pageTime, store.ErrTooSlow)
		defer cancel()
		page, err := s.tablePage(ctx, t, q, schema)
		if errors.Is(err, store.ErrTooSlow) {
			return s.rowsLater(c, t, q, schema)
		}
		if err != nil {
			return asBadRequest(err)
		}
		return s.render(c, http.StatusOK, "table", page)
	}
}

// rowsLater shows a table whose rows do not come soon: what stands before them goes out at
// once.
func (s *Server) rowsLater(c echo.Context, t table, q query, schema store.View) error {
	page := t.page(q, schema)
	return s.renderInParts(c, "table", page, func(sent func() error) {
		page.later = func() error {
			if err := sent(); err != nil {
				return err
			}
			l := t.listing(q, schema)
			l.Patience = lateList
			if l.Sort != "" {
				l.Patience = sortPatience
			}
			listed, err := s.File.List(c.Request().Context(), l)
			if err != nil {
				_, page.Fault = s.explain(explained(err, l), c)
			}
			page.list(t, q, schema, listed)
			return nil
		}
	})
}

// composed is the address with the filter that a form gave in three parts.
func (t table) composed(values url.Values) string {
	f := store.Filter{Column: values.Get("_column"), Operator: values.Get("_op"), Value: values.Get("_value")}
	for _, part := range []string{"_column", "_op", "_value", "_next"} {
		values.Del(part)
	}
	values.Add(filterName(f), f.Value)
	return t.path + "?" + values.Encode()
}

// explained says what to do about rows that did not come in time.
func explained(err error, l store.Listing) error {
	switch {
	case !errors.Is(err, store.ErrTooSlow):
		return err
	case l.Sort == "":
		return echo.NewHTTPError(http.StatusServiceUnavailable, "The rows take too long to come; fewer columns, or fewer rows by a filter, come sooner.")
	}
	return echo.NewHTTPError(http.StatusServiceUnavailable,
		"Sorting takes longer than "+sonde.InTime(sortPatience)+". It goes on where it came when you look again; fewer rows, by a filter, are sorted sooner.")
}

// tablePage is a table with its rows.
func (s *Server) tablePage(ctx context.Context, t table, q query, schema store.View) (*tablePage, error) {
	listed, err := s.File.List(ctx, t.listing(q, schema))
	if err != nil {
		return nil, err
	}
	page := t.page(q, schema)
	page.list(t, q, schema, listed)
	return page, s.countAhead(ctx, page, t, q)
}

// listing is what a page asks the file for.
func (t table) listing(q query, schema store.View) store.Listing {
	l := q.Listing
	l.Patience = listPatience
	if l.Sort != "" {
		l.Patience = soonSorted
	}
	l.Columns = needed(t.shown(q, schema), schema)
	return l
}

// page is the page of a table without its rows.
func (t table) page(q query, schema store.View) *tablePage {
	shown := t.shown(q, schema)
	page := &tablePage{
		frame: frame{Title: t.title, Here: cmp.Or(t.here, t.path)},
		Path:  t.path, Title: t.title, Intro: t.intro, Empty: t.empty, Crawl: t.crawl,
		Search: q.Search, Operators: store.Operators,
		Filtered: len(q.Where) > 0 || q.Search != "",
		Sorted:   q.Sort != "",
		First:    t.first(q), CountsURL: q.with(t.path+"/facets.json", "", ""), CountsHere: q.with(t.path, "_facets", "1"),
		SQL:   "/sql?sql=" + url.QueryEscape(inSQL(q, shown)),
		Again: t.path + "?" + q.values.Encode(),
	}
	page.set(t, q, shown, schema)
	return page
}

// list shows what was listed.
func (p *tablePage) list(t table, q query, schema store.View, listed store.Listed) {
	p.Paused = listed.Paused
	if listed.Next != "" {
		p.Next = q.changed(t.path, func(v url.Values) { v.Set("_next", listed.Next) })
	}
	p.fill(listed, t.shown(q, schema))
}

// first is the address of the first rows, "" where these are they.
func (t table) first(q query) string {
	if q.After == "" {
		return ""
	}
	return q.with(t.path, "", "")
}

// countAhead counts before the page is shown, if that is soon done or was asked for.
func (s *Server) countAhead(ctx context.Context, page *tablePage, t table, q query) error {
	patience := countPatience
	if q.facets {
		patience = facetPatience
	} else if large, err := s.large(ctx, t); large || err != nil {
		return err
	}
	counted, err := s.count(ctx, t, q, patience)
	if err == nil && (counted.Whole || q.facets) {
		page.Counts = counted
	}
	return err
}

// soonCounted is how many URLs the latest runs may have for their rows to be counted soon.
const soonCounted = 10_000

// large reports whether it is clear beforehand that counting takes long.
func (s *Server) large(ctx context.Context, t table) (bool, error) {
	if !t.history {
		return false, nil
	}
	latest, err := s.File.RecentRuns(ctx, 1)
	urls := int64(0)
	for _, runs := range latest {
		urls += runs[0].Counts.Found
	}
	return urls > soonCounted, err
}

// shown are the columns of a page: the key, and those chosen or usual.
func (t table) shown(q query, schema store.View) []string {
	chosen := q.columns
	if len(chosen) == 0 {
		chosen = t.columns
	}
	shown := []string{t.key}
	for _, name := range chosen {
		if !slices.Contains(shown, name) && knows(schema, name) == nil {
			shown = append(shown, name)
		}
	}
	return shown
}

// needed are the columns to ask for: those shown, and the run that links lead to.
func needed(shown []string, schema store.View) []string {
	if knows(schema, "run_id") == nil && !slices.Contains(shown, "run_id") {
		return append(slices.Clone(shown), "run_id")
	}
	return shown
}

// fill shows the rows.
func (p *tablePage) fill(listed store.Listed, shown []string) {
	runs := slices.Index(listed.Columns, "run_id")
	for _, values := range listed.Rows {
		run := int64(0)
		if runs >= 0 {
			run, _ = values[runs].(int64)
		}
		cells := make([]cell, len(shown))
		for i, column := range shown {
			cells[i] = cellOf(column, values[i], run)
			if p.Path == "/runs" && column == "id" {
				cells[i].Link = "/runs/" + cells[i].Text
			}
		}
		p.Rows = append(p.Rows, cells)
	}
	p.OneHost = oneHost(p.Rows)
}

// oneHost reports whether all URLs are on the same host, which then need not be read with
// each of them where there is little room.
func oneHost(rows [][]cell) bool {
	host := ""
	for _, cells := range rows {
		for _, c := range cells {
			if c.Kind == "url" && c.Host != host {
				if host != "" {
					return false
				}
				host = c.Host
			}
		}
	}
	return host != ""
}

// set fills in all that stands around the rows.
func (p *tablePage) set(t table, q query, shown []string, schema store.View) {
	for _, column := range schema.Columns {
		p.Choices = append(p.Choices, choice{column.Name, label(column.Name), column.Meaning, slices.Contains(shown, column.Name)})
	}
	for _, name := range shown {
		p.Heads = append(p.Heads, headOf(t, q, p.Choices[slices.Index(columnNames(schema), name)]))
	}
	for _, f := range q.Where {
		p.Chips = append(p.Chips, chip{label(f.Column), f.Operator, f.Value, q.without(t.path, f)})
	}
	for _, name := range slices.Sorted(keysOf(q.values)) {
		for _, value := range q.values[name] {
			if name != "_search" && name != "_next" {
				p.Hidden = append(p.Hidden, pair{name, value})
			}
		}
	}
	for _, rows := range []int{20, usualSize, 100, maxSize} {
		p.Sizes = append(p.Sizes, step{rows, q.with(t.path, "_size", strconv.Itoa(rows)), rows == q.Rows})
	}
	for _, format := range formats {
		p.Exports = append(p.Exports, link{upper(format), q.exported(t.exports()+"."+format, shown)})
	}
}

// exported is the address of an export of the rows of a table, with the columns that
// somebody chose.
func (q *query) exported(path string, shown []string) string {
	return q.changed(path, func(v url.Values) {
		for _, name := range []string{"_size", "_sort", "_sort_desc", "_facets", "_cols"} {
			v.Del(name)
		}
		if len(q.columns) > 0 {
			v.Set("_cols", strings.Join(shown, ","))
		}
	})
}

func headOf(t table, q query, column choice) head {
	h := head{Name: column.Name, Label: column.Label, Meaning: column.Meaning, Number: numeric(column.Name)}
	h.Ascending = q.changed(t.path, func(v url.Values) { v.Del("_sort_desc"); v.Set("_sort", column.Name) })
	h.Descending = q.changed(t.path, func(v url.Values) { v.Del("_sort"); v.Set("_sort_desc", column.Name) })
	if q.Sort == column.Name {
		h.Sorted = "ascending"
		if q.Descending {
			h.Sorted = "descending"
		}
	}
	return h
}

// numeric reports whether a column of this name is set to the right.
func numeric(name string) bool {
	switch name {
	case "depth", "attempts", "id", "run_id", "pages", "failures", "issues", "found", "ttl", "port":
		return true
	}
	for _, ending := range []string{"_count", "_ms", "bytes", "_length"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// labels are the names of columns and fields that do not follow from how they are called.
var labels = map[string]string{
	"image_no_alt_count": "Images without alt", "fetched_at": "Fetched", "body_sha256": "SHA-256", "etag": "ETag",
	"drop-param": "Dropped parameters", "header": "Header fields", "external": "External links", "insecure": "Insecure certificates", "allow-net": "Allowed networks", "threshold": "Thresholds",
	"h1_count": "H1 elements", "ttfb_ms": "First byte", "rtt_ms": "Round trip", "rcode": "Answer", "sans": "Names",
}

// label is a column's name as people read it: "inlink_count" is "Inlinks".
func label(column string) string {
	if text, ok := labels[column]; ok {
		return text
	}
	text := column
	if counted, ok := strings.CutSuffix(column, "_count"); ok {
		text = counted + "s"
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, "_at"), "_ms")
	words := strings.FieldsFunc(text, func(r rune) bool { return r == '_' || r == '-' })
	for i, word := range words {
		if slices.Contains([]string{"url", "id", "ip", "http", "dns", "tls", "h1", "ttl"}, word) {
			words[i] = strings.ToUpper(word)
		}
	}
	if len(words) == 0 {
		return column
	}
	words[0] = strings.ToUpper(words[0][:1]) + words[0][1:]
	return strings.Join(words, " ")
}

// inSQL is the question of a table in SQL.
func inSQL(q query, shown []string) string {
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(shown, ", ") + "\nFROM " + q.View)
	joint := "\nWHERE "
	for _, f := range q.Where {
		b.WriteString(joint + conditionSQL(f))
		joint = "\n  AND "
	}
	if q.Sort != "" {
		b.WriteString("\nORDER BY " + q.Sort)
		if q.Descending {
			b.WriteString(" DESC")
		}
	}
	b.WriteString("\nLIMIT " + strconv.Itoa(q.Rows))
	return b.String()
}

// conditionSQL is a filter as a person would write it.
func conditionSQL(f store.Filter) string {
	value := literal(f.Value)
	switch f.Operator {
	case "not":
		return f.Column + " <> " + value
	case "contains":
		return f.Column + " LIKE " + literal("%"+f.Value+"%")
	case "startswith":
		return f.Column + " LIKE " + literal(f.Value+"%")
	case "gt":
		return f.Column + " > " + value
	case "gte":
		return f.Column + " >= " + value
	case "lt":
		return f.Column + " < " + value
	case "lte":
		return f.Column + " <= " + value
	case "in":
		values := strings.Split(f.Value, ",")
		for i, v := range values {
			values[i] = literal(v)
		}
		return f.Column + " IN (" + strings.Join(values, ", ") + ")"
	case "isnull":
		if f.Value == "0" {
			return f.Column + " IS NOT NULL"
		}
		return f.Column + " IS NULL"
	}
	return f.Column + " = " + value
}

// literal writes a value in SQL.
func literal(text string) string {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
