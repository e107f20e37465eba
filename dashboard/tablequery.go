package dashboard

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"sonde/store"
)

// table is a page that shows a public view.
type table struct {
	path    string   // "/pages"
	view    string   // the short one, of the latest runs
	history bool     // there is a view of every run, which the filter run_id asks
	title   string   //
	intro   string   // what the rows are
	empty   string   // what to do where there is none
	crawl   bool     // a crawl brings the first rows
	columns []string // shown where nobody chose others
	facets  []string // columns whose values are counted
	key     string   // shown first and always
	export  string   // the path of its exports, without their endings; "": as path
	here    string   // the entry of the menu that it belongs to; "": as path
}

// tables are the pages of this kind.
var tables = []table{
	{
		path: "/pages", view: "pages", history: true, key: "url", title: "Pages", crawl: true,
		intro:   "Every URL that the latest run of each site learned of, and what came of it.",
		empty:   "No run has recorded a page yet.",
		columns: []string{"outcome", "status", "title", "depth", "inlink_count", "ttfb_ms"},
		facets:  []string{"outcome", "status", "content_type", "depth", "site"},
	},
	{
		path: "/links", view: "links", history: true, key: "source_url", title: "Links", crawl: true,
		intro:   "Every link of every page of the latest runs: where it stands, where it leads, and how its target ended.",
		empty:   "No run has recorded a link yet.",
		columns: []string{"target_url", "anchor", "kind", "position", "target_outcome", "target_status"},
		facets:  []string{"kind", "position", "target_outcome", "internal"},
	},
	{
		path: "/hosts", view: "hosts", key: "name", title: "Hosts", crawl: true,
		intro:   "The hosts that runs met or probes asked: addresses, open ports, certificates.",
		empty:   "No run has met a host yet.",
		columns: []string{"sites", "addresses", "open_ports", "certificate_not_after", "last_seen_at"},
		facets:  []string{"registrable_domain"},
	},
	{
		path: "/issues/all", view: "issues", history: true, key: "title", title: "Issues, one by one", export: "/issues", here: "/issues", crawl: true,
		intro:   "Every answer of every rule about the latest runs.",
		empty:   "No run was analysed yet.",
		columns: []string{"severity", "state", "url", "evidence", "first_seen_at"},
		facets:  []string{"severity", "state", "rule", "site"},
	},
	{
		path: "/changes", view: "changes", history: true, key: "subject", title: "Changes",
		intro:   "What differs between the latest run of each site and the one before it.",
		empty:   "Either the latest run of each site found all as it was, or no site has run twice yet.",
		columns: []string{"what", "old", "new", "changed_at", "run_id"},
		facets:  []string{"what", "kind", "site"},
	},
	{
		path: "/dns", view: "dns_records", key: "host", title: "DNS records", here: "/hosts",
		intro:   "What the names of hosts resolve to, and since when.",
		empty:   "No probe has looked a name up yet. A crawl with --probe dns does, and so does sonde resolve NAME.",
		columns: []string{"type", "value", "ttl", "rcode", "resolver", "first_seen_at", "last_seen_at", "current"},
		facets:  []string{"type", "rcode", "current"},
	},
	{
		path: "/ports", view: "ports", key: "host", title: "Ports", here: "/hosts",
		intro:   "The ports of hosts, and who answers there.",
		empty:   "No probe has knocked at a port yet. A crawl with --probe ports does, and so does sonde probe HOST.",
		columns: []string{"address", "port", "protocol", "state", "service", "product", "version", "banner", "last_seen_at", "current"},
		facets:  []string{"state", "service", "port", "current"},
	},
	{
		path: "/certificates", view: "certificates", key: "host", title: "Certificates", here: "/hosts",
		intro:   "The certificates that hosts show, and how long they hold.",
		empty:   "No host has shown a certificate yet. A crawl of an https URL keeps what it sees, and so does sonde probe HOST.",
		columns: []string{"subject", "issuer", "not_after", "verify_error", "tls_version", "key", "port", "current"},
		facets:  []string{"issuer", "tls_version", "verify_error", "current"},
	},
	{
		path: "/runs", view: "runs", key: "id", title: "Runs", crawl: true,
		intro:   "Every pass over a site, the newest first.",
		empty:   "No run was made yet.",
		columns: []string{"site", "status", "trigger", "started_at", "found", "pages", "failures", "issues", "bytes", "reason"},
		facets:  []string{"site", "status", "trigger"},
	},
}

// exports is the path of the table's exports, without their endings.
func (t table) exports() string { return cmp.Or(t.export, t.path) }

// sizes are how many rows a page of a table may have.
const (
	usualSize = 50
	maxSize   = 500
)

// query is what an address asks of a table.
type query struct {
	store.Listing
	columns []string // those chosen; nil: the usual ones
	values  url.Values
	facets  bool // count at once, however long it takes
	raw     bool // of exports: byte for byte
	bom     bool // of exports: for old spreadsheets
}

// parse reads the address of a table. Everything that it does not know is an error.
func (t table) parse(values url.Values, schema store.View) (query, error) {
	q := query{values: values, Listing: store.Listing{Selection: store.Selection{View: t.view}, Rows: usualSize}}
	for _, name := range slices.Sorted(keysOf(values)) {
		if strings.HasPrefix(name, "_") && name != "_cols" && len(values[name]) > 1 {
			return q, badRequest("The parameter %s is given %d times, and one value is wanted.", name, len(values[name]))
		}
		for _, value := range values[name] {
			if err := q.take(name, value, schema); err != nil {
				return q, err
			}
		}
	}
	if t.history && slices.ContainsFunc(q.Where, func(f store.Filter) bool { return f.Column == "run_id" }) {
		q.View += "_history"
	}
	if t.view == "runs" && q.Sort == "" {
		q.Sort, q.Descending = "id", true
	}
	return q, nil
}

func keysOf(values url.Values) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range values {
			if !yield(name) {
				return
			}
		}
	}
}

// take reads one parameter.
func (q *query) take(name, value string, schema store.View) (err error) {
	if !strings.HasPrefix(name, "_") {
		return q.filter(name, value, schema)
	}
	switch name {
	case "_search":
		q.Search = strings.TrimSpace(value)
	case "_sort", "_sort_desc":
		if q.Sort != "" {
			return badRequest("There is one column to sort by: give _sort or _sort_desc, once.")
		}
		q.Sort, q.Descending = value, name == "_sort_desc"
		return knows(schema, value)
	case "_size":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > maxSize {
			return badRequest("_size takes a number from 1 to %d, not %q.", maxSize, value)
		}
		q.Rows = n
	case "_next":
		q.After = value
	case "_cols":
		return q.choose(value, schema)
	case "_facets":
		q.facets, err = switched(name, value)
	case "_raw":
		q.raw, err = switched(name, value)
	case "_bom":
		q.bom, err = switched(name, value)
	default:
		return badRequest("There is no parameter %q. Those of a table are the names of its columns, and _search, _sort, _sort_desc, _size, _next, _cols, _facets, _raw and _bom.", name)
	}
	return err
}

// switched reads a parameter that is on or off.
func switched(name, value string) (bool, error) {
	if value != "" && value != "0" && value != "1" {
		return false, badRequest("%s takes 1 or 0, not %q.", name, visible(value))
	}
	return value == "1", nil
}

func (q *query) filter(name, value string, schema store.View) error {
	f, err := store.ParseFilter(name, value)
	if err != nil {
		return err
	}
	q.Where = append(q.Where, f)
	return knows(schema, f.Column)
}

// choose reads the columns to show, separated by commas.
func (q *query) choose(value string, schema store.View) error {
	for name := range strings.SplitSeq(value, ",") {
		if err := knows(schema, name); err != nil {
			return err
		}
		if !slices.Contains(q.columns, name) {
			q.columns = append(q.columns, name)
		}
	}
	return nil
}

// knows holds that a view has a column.
func knows(schema store.View, column string) error {
	known := columnNames(schema)
	if slices.Contains(known, column) {
		return nil
	}
	return &store.SelectionError{What: "column", Name: column, In: schema.Name, Known: known}
}

func columnNames(v store.View) []string {
	names := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		names[i] = c.Name
	}
	return names
}

// badRequest is an error of the address.
func badRequest(format string, args ...any) error {
	return echo.NewHTTPError(http.StatusBadRequest, fmt.Sprintf(format, args...))
}

// with is the address of the table with a parameter set, from the first row on. An
// empty value takes the parameter out.
func (q *query) with(path, name, value string) string {
	return q.changed(path, func(v url.Values) {
		if value == "" {
			v.Del(name)
			return
		}
		v.Set(name, value)
	})
}

// changed is the address of the table after a change, from the first row on.
func (q *query) changed(path string, change func(url.Values)) string {
	v := url.Values{}
	for name, values := range q.values {
		if name != "_next" {
			v[name] = slices.Clone(values)
		}
	}
	change(v)
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// without is the address without one filter.
func (q *query) without(path string, f store.Filter) string {
	return q.changed(path, func(v url.Values) {
		for _, name := range []string{filterName(f), f.Column, f.Column + "__exact"} {
			v[name] = slices.DeleteFunc(v[name], func(value string) bool { return value == f.Value && sameName(name, f) })
			if len(v[name]) == 0 {
				delete(v, name)
			}
		}
	})
}

func sameName(name string, f store.Filter) bool {
	other, err := store.ParseFilter(name, f.Value)
	return err == nil && (other.Operator == f.Operator || plainly(other.Operator) && plainly(f.Operator))
}

func plainly(operator string) bool { return operator == "" || operator == "exact" }

// filterName is a filter's name in an address.
func filterName(f store.Filter) string {
	if plainly(f.Operator) {
		return f.Column
	}
	return f.Column + "__" + f.Operator
}

// asBadRequest turns what is wrong with a selection into an error of the address.
func asBadRequest(err error) error {
	var (
		missing *store.SelectionError
		value   *store.ValueError
	)
	switch {
	case errors.As(err, &missing):
		return badRequest("%s There are: %s.", sentence(err), strings.Join(missing.Known, ", "))
	case errors.As(err, &value), errors.Is(err, store.ErrPlace):
		return badRequest("%s", sentence(err))
	}
	return err
}
