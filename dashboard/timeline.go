package dashboard

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"sonde/store"
)

// interval is one fact about the network side of a host, for as long as it was so.
type interval struct {
	place    string // what it is a fact of: where another follows, the first became the second
	name     string // of the place, for people
	fact     string // "": nothing worth a word, such as a closed port
	from, to time.Time
	current  bool
}

// event is a change on the network side of a host.
type event struct {
	At     cell
	What   cell
	Name   string
	Before string // "": nothing
	After  string // "": nothing
	at     time.Time
}

// eventsOf finds in intervals what came, what became of it and what went, the newest
// first.
func eventsOf(intervals []interval) []event {
	places := map[string][]interval{}
	for _, i := range intervals {
		places[i.place] = append(places[i.place], i)
	}
	var events []event
	for _, all := range places {
		slices.SortFunc(all, func(a, b interval) int { return a.from.Compare(b.from) })
		before := ""
		for _, i := range all {
			if i.fact != before {
				events = append(events, eventOf(i.from, i.name, before, i.fact))
			}
			before = i.fact
		}
		if last := all[len(all)-1]; !last.current && last.fact != "" {
			events = append(events, eventOf(last.to, last.name, last.fact, ""))
		}
	}
	slices.SortFunc(events, func(a, b event) int {
		return cmp.Or(b.at.Compare(a.at), strings.Compare(a.Name+a.After, b.Name+b.After))
	})
	return events
}

func eventOf(at time.Time, name, before, after string) event {
	e := event{at: at, At: timeOf(at), Name: name, Before: before, After: after}
	switch {
	case before == "":
		e.What = badge("new", "info", "plus")
	case after == "":
		e.What = badge("last seen", "warn", "minus")
	default:
		e.What = badge("changed", "info", "diff")
	}
	return e
}

// How much of the past of a host is looked at, and shown.
const (
	maxIntervals = 500
	shownEvents  = 50
)

// histories are the views of intervals, and how a row of each reads.
var histories = []struct {
	view    string
	columns []string
	read    func(row) interval
}{
	{"dns_records", []string{"type", "value", "resolver"}, dnsInterval},
	{"ports", []string{"address", "port", "protocol", "state", "service", "product", "version"}, portInterval},
	{"certificates", []string{"address", "port", "subject", "not_after", "sha256"}, certificateInterval},
}

func dnsInterval(r row) interval {
	value := r.text("value")
	return interval{place: "dns " + r.text("type") + " " + value + " " + r.text("resolver"), name: r.text("type"), fact: value}
}

func portInterval(r row) interval {
	name := "port " + r.text("port") + "/" + r.text("protocol")
	i := interval{place: r.text("address") + " " + name, name: name + " of " + r.text("address")}
	if r.text("state") == "open" {
		i.fact = "open " + strings.Join(slices.DeleteFunc([]string{r.text("service"), r.text("product"), r.text("version")}, func(s string) bool { return s == "" }), " ")
	}
	return i
}

func certificateInterval(r row) interval {
	name := "certificate on port " + r.text("port")
	until, _, _ := strings.Cut(r.text("not_after"), "T")
	return interval{
		place: r.text("address") + " " + name, name: name,
		fact: r.text("subject") + " until " + until + ", " + r.text("sha256")[:min(8, len(r.text("sha256")))],
	}
}

// hostEvents are the changes on the network side of a host.
func (s *Server) hostEvents(ctx context.Context, name string) ([]event, error) {
	var intervals []interval
	for _, h := range histories {
		rows, err := s.rows(ctx, store.Listing{
			Selection: store.Selection{View: h.view, Columns: slices.Concat(h.columns, []string{"first_seen_at", "last_seen_at", "current"}), Where: []store.Filter{{Column: "host", Value: name}}},
			Sort:      "last_seen_at", Descending: true, Rows: maxIntervals,
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			i := h.read(r)
			i.name, i.fact = visible(i.name), visible(end(strings.TrimSpace(i.fact), 200))
			i.from, i.to, i.current = r.time("first_seen_at"), r.time("last_seen_at"), r.number("current") == 1
			intervals = append(intervals, i)
		}
	}
	events := eventsOf(intervals)
	return events[:min(len(events), shownEvents)], nil
}
