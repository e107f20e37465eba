package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"sonde"

	"github.com/labstack/echo/v4"

	"sonde/store"
)

// facetValues is how many values of a column are shown.
const facetValues = 8

// counts are what a table's rows come to: how many there are, and how many have which
// value. It is JSON too, for pages that count when they are there already.
type counts struct {
	Rows   string  `json:"rows"` // "1,234 rows", "10,000+ rows"
	Whole  bool    `json:"-"`    // nothing took too long
	Facets []facet `json:"facets"`
}

// facet is a column and its most frequent values.
type facet struct {
	Column string       `json:"column"`
	Values []facetValue `json:"values"`
	Exact  bool         `json:"exact"`
}

// facetValue is a value, and the address of the rows that have it.
type facetValue struct {
	Text string `json:"text"`
	Rows string `json:"rows"`
	URL  string `json:"url"`
	Here bool   `json:"here"` // these are they; the address is that without
	Part int64  `json:"part"` // of the most frequent value, in percent
}

// count counts what a table asks for, with so much patience for all together.
func (s *Server) count(ctx context.Context, t table, q query, patience time.Duration) (*counts, error) {
	until := time.Now().Add(patience)
	tally, err := s.File.Count(ctx, q.Selection, patience/4)
	if err != nil {
		return nil, err
	}
	all := &counts{Rows: rowsInWords(tally), Whole: tally.Exact, Facets: []facet{}}
	for _, column := range t.facets {
		left := time.Until(until)
		if left <= 0 {
			all.Whole = false
			return all, nil
		}
		values, exact, err := s.File.Facet(ctx, q.Selection, column, left)
		if err != nil {
			return nil, err
		}
		all.Whole = all.Whole && exact
		if len(values) > 1 || slices.ContainsFunc(q.Where, func(f store.Filter) bool { return f.Column == column }) {
			all.Facets = append(all.Facets, t.facet(q, column, values, exact))
		}
	}
	return all, nil
}

// rowsInWords says how many rows there are.
func rowsInWords(t store.Tally) string {
	switch {
	case t.Exact:
		return sonde.Plural(t.Rows, "row")
	case t.Rows >= 10_000:
		return "10,000+ rows"
	case t.Rows == 0:
		return "rows not counted"
	}
	return sonde.Thousands(t.Rows) + "+ rows"
}

func (t table) facet(q query, column string, values []store.FacetValue, exact bool) facet {
	f := facet{Column: label(column), Exact: exact, Values: []facetValue{}}
	for i, v := range values {
		if i == facetValues {
			break
		}
		filter := store.Filter{Column: column, Value: plain(v.Value)}
		if v.Value == nil {
			filter = store.Filter{Column: column, Operator: "isnull", Value: "1"}
		}
		shown := facetValue{Text: facetText(column, v.Value), Rows: sonde.Thousands(v.Rows), Part: max(1, 100*v.Rows/max(1, values[0].Rows))}
		if slices.Contains(q.Where, filter) {
			shown.Here, shown.URL = true, q.without(t.path, filter)
		} else {
			shown.URL = q.changed(t.path, func(u url.Values) { u.Add(filterName(filter), filter.Value) })
		}
		f.Values = append(f.Values, shown)
	}
	return f
}

func facetText(column string, value any) string {
	switch {
	case value == nil:
		return "none"
	case flags[column]:
		return flagCell(plain(value)).Text
	}
	return visible(end(plain(value), 40))
}

// facets makes the handler that counts for a page that is there already.
func (s *Server) facets(t table) echo.HandlerFunc {
	return func(c echo.Context) error {
		schema := s.views[t.view]
		q, err := t.parse(c.QueryParams(), schema)
		if err != nil {
			return asBadRequest(err)
		}
		all, err := s.count(c.Request().Context(), t, q, facetPatience)
		if err != nil {
			return asBadRequest(err)
		}
		return c.JSON(http.StatusOK, all)
	}
}
