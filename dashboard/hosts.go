package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"sonde/store"
)

// hostPage is one host: its names, addresses, ports and certificates.
type hostPage struct {
	frame
	Name                       string
	Domain                     string
	Sites, Addresses, Ports    []string
	FirstSeen, LastSeen, Until cell
	Latency                    []spread
	Parts                      []part
	TLS                        []tlsPlace
	Events                     []event
	PagesURL                   string
}

// part is a small table on a page.
type part struct {
	Title, Empty string
	Heads        []head
	Rows         [][]cell
	All          string // the address of the whole table
	Exports      []link
}

// hostParts are what is known of a host as it is now, closed ports left aside.
var hostParts = []struct {
	view, title, empty, path string
	columns                  []string
	sort                     string
	where                    []store.Filter
}{
	{"dns_records", "DNS", "No name was looked up. Where it is no address: crawl with --probe dns, or sonde resolve.", "/dns",
		[]string{"type", "value", "ttl", "rcode", "resolver", "first_seen_at", "last_seen_at"}, "type", nil},
	{"ports", "Ports and services", "No port is known to be open. To have them looked at: crawl with --probe ports, or sonde probe.", "/ports",
		[]string{"port", "protocol", "state", "service", "product", "version", "banner", "rtt_ms", "address", "first_seen_at", "last_seen_at"},
		"port", []store.Filter{{Column: "state", Operator: "not", Value: "closed"}}},
	{"certificates", "Certificates", "It has shown no certificate yet.", "/certificates",
		[]string{"port", "subject", "sans", "verify_error", "not_before", "not_after", "key", "tls_version"}, "not_after", nil},
}

// shownParts is how many rows a part shows.
const shownParts = 30

func (s *Server) host(c echo.Context) error {
	ctx := c.Request().Context()
	name := c.Param("name")
	rows, err := s.rows(ctx, store.Listing{Selection: store.Selection{View: "hosts", Where: []store.Filter{{Column: "name", Value: name}}}, Sort: "name", Rows: 1})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return echo.NewHTTPError(http.StatusNotFound, "No run has met the host "+visible(end(name, 100))+".")
	}
	r := rows[0]
	page := &hostPage{
		frame: frame{Title: visible(name), Here: "/hosts"}, Name: visible(name), Domain: visible(r.text("registrable_domain")),
		Sites: listOf(r.text("sites")), Addresses: listOf(r.text("addresses")), Ports: listOf(r.text("open_ports")),
		FirstSeen: cellOf("first_seen_at", r["first_seen_at"], 0), LastSeen: cellOf("last_seen_at", r["last_seen_at"], 0),
		Until:    cellOf("certificate_not_after", r["certificate_not_after"], 0),
		PagesURL: "/pages?host=" + url.QueryEscape(name),
	}
	if err = s.addHostParts(ctx, page, name); err == nil {
		page.Latency, err = s.hostLatency(ctx, name)
	}
	if err == nil {
		page.TLS, err = s.hostTLS(ctx, name)
	}
	if err == nil {
		page.Events, err = s.hostEvents(ctx, name)
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "host", page)
}

// addHostParts shows what is so now on the network side of a host.
func (s *Server) addHostParts(ctx context.Context, page *hostPage, name string) error {
	for _, p := range hostParts {
		shown, err := s.rows(ctx, store.Listing{
			Selection: store.Selection{View: p.view, Columns: p.columns, Where: append([]store.Filter{{Column: "host", Value: name}, {Column: "current", Value: "1"}}, p.where...)},
			Sort:      p.sort, Rows: shownParts,
		})
		if err != nil {
			return err
		}
		part := partOf(p.title, p.empty, p.path+"?host="+url.QueryEscape(name), p.columns, shown)
		part.Exports = exportsOf(p.path, url.Values{"host": {name}})
		page.Parts = append(page.Parts, part)
	}
	return nil
}

// hostTLS is what the ports of a host show and take in TLS.
func (s *Server) hostTLS(ctx context.Context, name string) ([]tlsPlace, error) {
	rows, err := s.rows(ctx, store.Listing{
		Selection: store.Selection{
			View: "certificates", Columns: []string{"port", "subject", "issuer", "not_after", "facts"},
			Where: []store.Filter{{Column: "host", Value: name}, {Column: "current", Value: "1"}},
		},
		Sort: "port", Rows: shownParts,
	})
	places := make([]tlsPlace, len(rows))
	for i, r := range rows {
		places[i] = tlsPlaceOf(r)
	}
	return places, err
}

// partOf shows rows as a small table.
func partOf(title, empty, all string, columns []string, rows []row) part {
	p := part{Title: title, Empty: empty, All: all}
	for _, column := range columns {
		p.Heads = append(p.Heads, head{Name: column, Label: label(column), Number: numeric(column)})
	}
	for _, r := range rows {
		cells := make([]cell, len(columns))
		for i, column := range columns {
			cells[i] = cellOf(column, r[column], 0)
		}
		p.Rows = append(p.Rows, cells)
	}
	return p
}

// listOf reads a JSON array.
func listOf(text string) []string {
	var items []any
	decodeNumbers(text, &items)
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = visible(plain(item))
	}
	return list
}

// decodeNumbers reads JSON and keeps whole numbers whole; what is none leaves into as
// it is.
func decodeNumbers(text string, into *[]any) {
	if json.Unmarshal([]byte(text), into) != nil {
		*into = nil
	}
}
