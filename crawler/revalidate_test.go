package crawler

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sonde"
)

// validating is a site of ten pages that all have not changed: it gives 304 to who asks
// with a condition.
type validating struct {
	header  func(path string) http.Header // of a whole answer
	omits   func(name string) bool        // the fields that its 304s leave out
	always  bool                          // it gives 304 to everybody
	failing bool                          // it fails without a condition
}

func (s validating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/p") {
		http.NotFound(w, r)
		return
	}
	header := s.header(r.URL.Path)
	header.Set("ETag", `"1"`)
	maps.Copy(w.Header(), header)
	switch {
	case s.always || r.Header.Get("If-None-Match") != "":
		w.Header().Del("Content-Type")
		for name := range header {
			if s.omits(name) {
				w.Header().Del(name)
			}
		}
		w.WriteHeader(http.StatusNotModified)
	case s.failing:
		w.WriteHeader(http.StatusInternalServerError)
	default:
		fmt.Fprint(w, "<title>A page</title>")
	}
}

const validatingPages = 10

// nothing and anything are what a server leaves out of its 304s.
func nothing(string) bool       { return false }
func anything(name string) bool { return name != "Etag" }

// fixed is the same header for every page.
func fixed(fields ...string) func(string) http.Header {
	return func(string) http.Header {
		h := http.Header{"Content-Type": {"text/html"}}
		for i := 0; i < len(fields); i += 2 {
			h.Set(fields[i], fields[i+1])
		}
		return h
	}
}

// counting gives every answer another value of a field.
func counting(name string) func(string) http.Header {
	var n atomic.Int64
	return func(string) http.Header { return fixed(name, fmt.Sprint(n.Add(1)))("") }
}

// onlyOn adds fields to the header of one page.
func onlyOn(path string, fields ...string) func(string) http.Header {
	return func(at string) http.Header {
		if at == path {
			return fixed(fields...)(at)
		}
		return fixed()(at)
	}
}

func TestAHeaderThatChangedBehindA304(t *testing.T) {
	t.Parallel()
	all := validatingPages
	for name, test := range map[string]struct {
		kept     func(path string) http.Header
		site     validating
		requests int // for pages
		whole    int // pages that are recorded anew
	}{
		"nothing":                    {fixed("X-A", "1"), validating{header: fixed("X-A", "1"), omits: nothing}, all + 1, 1},
		"nothing, terse":             {fixed("X-A", "1"), validating{header: fixed("X-A", "1"), omits: anything}, all + 1, 1},
		"added":                      {fixed(), validating{header: fixed("X-A", "1"), omits: nothing}, 2 * all, all},
		"added, terse":               {fixed(), validating{header: fixed("X-A", "1"), omits: anything}, all + 2, all},
		"changed":                    {fixed("X-A", "1"), validating{header: fixed("X-A", "2"), omits: nothing}, 2 * all, all},
		"changed, terse":             {fixed("X-A", "1"), validating{header: fixed("X-A", "2"), omits: anything}, all + 2, all},
		"removed":                    {fixed("X-A", "1"), validating{header: fixed(), omits: nothing}, 2 * all, all},
		"removed, terse":             {fixed("X-A", "1"), validating{header: fixed(), omits: anything}, 2 * all, all},
		"added to one page":          {fixed(), validating{header: onlyOn("/p5", "X-A", "1"), omits: nothing}, all + 2, 2},
		"removed from one page":      {onlyOn("/p5", "X-A", "1"), validating{header: fixed(), omits: nothing}, all + 2, 2},
		"of one page nothing, terse": {onlyOn("/p5", "X-A", "1"), validating{header: onlyOn("/p5", "X-A", "1"), omits: anything}, all + 2, 2},
		"restless":                   {fixed("X-A", "0"), validating{header: counting("X-A"), omits: nothing}, all + 2, 1},
		"restless, terse":            {fixed("X-A", "0"), validating{header: counting("X-A"), omits: anything}, all + 2, 1},
		"volatile":                   {fixed("X-Request-Id", "0"), validating{header: counting("X-Request-Id"), omits: nothing}, all + 1, 1},
		"304 for everybody":          {fixed(), validating{header: fixed("X-A", "1"), omits: nothing, always: true}, all + 1, 0},
		"fails without a condition":  {fixed(), validating{header: fixed("X-A", "1"), omits: nothing, failing: true}, all + 1 + 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.site)
			shelf := newShelf(seedsOf(pagesOf(s.URL)...)...)
			shelf.perOrigin = 1
			for _, e := range shelf.entries {
				e.target.Previous = &sonde.Previous{ETag: `"1"`, Header: fieldsOf(test.kept(strings.TrimPrefix(e.target.URL, s.URL)))}
			}
			crawlShelf(t, s.URL, quick(), shelf)
			requests, whole := 0, 0
			for _, h := range s.log() {
				if strings.HasPrefix(h.path, "/p") {
					requests++
				}
			}
			for _, v := range shelf.visits {
				if v.Outcome != sonde.OK {
					t.Errorf("%s: %s", v.Target.URL, v.Outcome)
				}
				if !v.Fetch.NotModified {
					whole++
				}
			}
			if requests != test.requests || whole != test.whole {
				t.Errorf("%d requests, %d pages recorded anew; want %d and %d", requests, whole, test.requests, test.whole)
			}
		})
	}
}

func pagesOf(url string) (urls []string) {
	for i := range validatingPages {
		urls = append(urls, fmt.Sprintf("%s/p%d", url, i))
	}
	return urls
}

// fieldsOf is a header as it is kept.
func fieldsOf(h http.Header) (fields []sonde.HeaderField) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			fields = append(fields, sonde.HeaderField{Name: name, Value: value})
		}
	}
	return fields
}

// TestManyWaitForTheFirst304 has all pages asked for at once: those that get a 304 before
// the first was compared wait for that.
func TestManyWaitForTheFirst304(t *testing.T) {
	t.Parallel()
	s := serve(t, validating{header: fixed("X-A", "2"), omits: anything})
	targets := seedsOf(pagesOf(s.URL)...)
	for i := range targets {
		targets[i].Previous = &sonde.Previous{ETag: `"1"`, Header: fieldsOf(fixed("X-A", "1")(""))}
	}
	shelf, _ := crawlOver(t, s.URL, quick(), targets...)
	for _, v := range shelf.visits {
		if v.Fetch.NotModified || v.Attempts > 3 {
			t.Errorf("%s: not modified is %v after %d attempts, want it asked for anew", v.Target.URL, v.Fetch.NotModified, v.Attempts)
		}
	}
}

func TestDifferingFields(t *testing.T) {
	field := func(name, value string) sonde.HeaderField { return sonde.HeaderField{Name: name, Value: value} }
	for _, test := range []struct {
		a, b []sonde.HeaderField
		want []string
	}{
		{nil, nil, nil},
		{[]sonde.HeaderField{field("A", "1")}, nil, []string{"A"}},
		{nil, []sonde.HeaderField{field("A", "1"), field("Date", "now")}, []string{"A"}},
		{[]sonde.HeaderField{field("A", "1"), field("C", "1")}, []sonde.HeaderField{field("A", "1"), field("B", "1"), field("C", "2")}, []string{"B", "C"}},
		{[]sonde.HeaderField{field("Link", "1"), field("Link", "2")}, []sonde.HeaderField{field("Link", "1")}, []string{"Link"}},
		{[]sonde.HeaderField{field("Link", "1"), field("Link", "2"), field("Z", "")}, []sonde.HeaderField{field("Link", "2"), field("Link", "1"), field("Z", "")}, []string{"Link"}},
	} {
		if got := slices.Collect(differing(test.a, test.b)); !slices.Equal(got, test.want) {
			t.Errorf("%v and %v differ in %q, want %q", test.a, test.b, got, test.want)
		}
	}
}
