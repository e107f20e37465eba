package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// patient is more time than any list of a test takes.
const patient = 30 * time.Second

// TestListGoesThroughEveryView: page after page gives what an export gives, each row
// once, whatever the order.
func TestListGoesThroughEveryView(t *testing.T) {
	f := visited(t)
	views, err := f.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		whole := Listing{Selection: Selection{View: v.Name}, Rows: 1000, Patience: patient}
		want := slices.Sorted(slices.Values(listedAll(t, f, whole)))
		if have := len(exported(t, f, whole.Selection).rows); have != len(want) {
			t.Errorf("%s: %d rows listed, %d exported", v.Name, len(want), have)
		}
		for _, column := range append([]string{""}, names(v)...) {
			for _, descending := range []bool{false, true} {
				l := Listing{Selection: Selection{View: v.Name}, Sort: column, Descending: descending, Rows: 3, Patience: patient}
				got := listedAll(t, f, l)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s by %q (descending %v): %d rows, want %d", v.Name, column, descending, len(got), len(want))
				}
			}
		}
	}
}

func names(v View) (names []string) {
	for _, c := range v.Columns {
		names = append(names, c.Name)
	}
	return names
}

// listedAll turns page after page and returns every row as a text.
func listedAll(t *testing.T, f *File, l Listing) (rows []string) {
	t.Helper()
	for {
		listed, err := f.List(t.Context(), l)
		if err != nil {
			t.Fatalf("%s by %q after %q: %v", l.View, l.Sort, l.After, err)
		}
		if len(listed.Rows) > l.Rows {
			t.Fatalf("%d rows, want %d at most", len(listed.Rows), l.Rows)
		}
		for _, row := range listed.Rows {
			rows = append(rows, fmt.Sprint(row))
		}
		if listed.Next == "" {
			return rows
		}
		l.After = listed.Next
	}
}

func TestListSorts(t *testing.T) {
	f := visited(t)
	l := Listing{Selection: Selection{View: "pages", Columns: []string{"status"}}, Sort: "status", Descending: true, Rows: 2, Patience: patient}
	got := listedAll(t, f, l)
	if !slices.IsSortedFunc(got, func(a, b string) int { return -compareNull(a, b) }) {
		t.Errorf("descending: %v", got)
	}
}

// compareNull orders texts, <nil> before all.
func compareNull(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "[<nil>]" || b != "[<nil>]" && a < b:
		return -1
	}
	return 1
}

// TestListPauses: out of patience it gives what it has, and the place to go on from.
func TestListPauses(t *testing.T) {
	f := crawled(t, 200)
	l := Listing{Selection: Selection{View: "pages", Where: []Filter{{"status", "", "599"}}}, Rows: 1, Patience: time.Millisecond}
	pauses := 0
	for ; pauses < 1000; pauses++ {
		listed, err := f.List(t.Context(), l)
		if errors.Is(err, ErrTooSlow) {
			t.Skip("the machine is too busy for a millisecond of patience")
		}
		if err != nil || len(listed.Rows) > 0 {
			t.Fatalf("%+v, %v", listed, err)
		}
		if listed.Paused != (listed.Next != "") {
			t.Fatalf("%+v: paused without a place, or the other way round", listed)
		}
		if l.After = listed.Next; l.After == "" {
			return
		}
	}
	t.Errorf("not at the end after %d pauses", pauses)
}

func TestListRefusesPlacesOfOthers(t *testing.T) {
	f := visited(t)
	pages := Listing{Selection: Selection{View: "pages"}, Rows: 1, Patience: patient}
	first, err := f.List(t.Context(), pages)
	if err != nil || first.Next == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	for _, l := range []Listing{
		{Selection: Selection{View: "links"}, After: first.Next, Rows: 1, Patience: patient},
		{Selection: Selection{View: "pages"}, After: first.Next, Sort: "url", Rows: 1, Patience: patient},
		{Selection: Selection{View: "pages"}, After: "!", Rows: 1, Patience: patient},
		{Selection: Selection{View: "pages"}, After: mark{"a", "b"}.String(), Rows: 1, Patience: patient},
		{Selection: Selection{View: "pages"}, After: mark{int64(99), int64(1)}.String(), Rows: 1, Patience: patient},
		{Selection: Selection{View: "pages"}, After: mark{nil, nil}.String(), Rows: 1, Patience: patient},
	} {
		if _, err := f.List(t.Context(), l); !errors.Is(err, ErrPlace) {
			t.Errorf("%s by %q after %q: %v, want ErrPlace", l.View, l.Sort, l.After, err)
		}
	}
}

// TestCountAndFacetAgreeWithExport counts every view, and the pages by their outcome.
func TestCountAndFacetAgreeWithExport(t *testing.T) {
	f := visited(t)
	for _, view := range []string{"sites", "runs", "pages", "pages_history", "links", "hosts"} {
		want := int64(len(exported(t, f, Selection{View: view}).rows))
		got, err := f.Count(t.Context(), Selection{View: view}, patient)
		if err != nil || got != (Tally{want, true}) {
			t.Errorf("%s: %+v, %v, want %d", view, got, err, want)
		}
	}
	values, exact, err := f.Facet(t.Context(), Selection{View: "pages"}, "outcome", patient)
	if err != nil || !exact || len(values) == 0 {
		t.Fatalf("%v, exact %v, %v", values, exact, err)
	}
	for _, v := range values {
		where := Selection{View: "pages", Where: []Filter{{"outcome", "", v.Value.(string)}}}
		if want := int64(len(exported(t, f, where).rows)); v.Rows != want {
			t.Errorf("outcome %v: %d rows, want %d", v.Value, v.Rows, want)
		}
	}
}

func TestSearchLooksIntoTheColumnsOfTheView(t *testing.T) {
	f := visited(t)
	all := listedAll(t, f, Listing{Selection: Selection{View: "pages", Columns: []string{"url"}}, Rows: 100, Patience: patient})
	found := listedAll(t, f, Listing{Selection: Selection{View: "pages", Columns: []string{"url"}, Search: "NO such text"}, Rows: 100, Patience: patient})
	if len(all) == 0 || len(found) != 0 {
		t.Errorf("%d rows, and %d with a text that none has", len(all), len(found))
	}
}
