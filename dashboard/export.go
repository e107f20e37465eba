package dashboard

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sonde/tabular"
)

// formats are what tables can be had in besides HTML, by the endings of their paths.
var formats = []string{"csv", "json", "ndjson"}

// mediaTypes are those of the formats.
var mediaTypes = map[string]string{
	"csv":    "text/csv; charset=utf-8; header=present",
	"json":   "application/json; charset=utf-8",
	"ndjson": "application/x-ndjson; charset=utf-8",
}

// exportsOf are the addresses of a table in each format.
func exportsOf(path string, filters url.Values) []link {
	links := make([]link, len(formats))
	for i, format := range formats {
		links[i] = link{upper(format), path + "." + format}
		if len(filters) > 0 {
			links[i].URL += "?" + filters.Encode()
		}
	}
	return links
}

// export makes the handler that streams all rows of a table in a format.
func (s *Server) export(t table, format string) echo.HandlerFunc {
	return func(c echo.Context) error {
		schema := s.views[t.view]
		q, err := t.parse(c.QueryParams(), schema)
		if err == nil {
			err = whole(c.QueryParams())
		}
		if err != nil {
			return asBadRequest(err)
		}
		q.Columns = q.columns
		a := newAnswer(c, format, path.Base(t.exports()), q)
		if err := s.File.Export(c.Request().Context(), q.Selection, a); err != nil {
			return a.fail(asBadRequest(err))
		}
		return a.Close()
	}
}

// exportQuery is how the rows of an address that is no table's are to be written.
func exportQuery(c echo.Context) (q query, err error) {
	var rawErr, bomErr error
	q.raw, rawErr = switched("_raw", c.QueryParam("_raw"))
	q.bom, bomErr = switched("_bom", c.QueryParam("_bom"))
	return q, cmp.Or(rawErr, bomErr)
}

// whole refuses what an export does not heed, since it gives all rows as they come.
func whole(values url.Values) error {
	for _, name := range []string{"_sort", "_sort_desc", "_size", "_next", "_facets"} {
		if values.Has(name) {
			return badRequest("An export gives all rows, in no order of its own: leave %s out, and sort what comes.", name)
		}
	}
	return nil
}

// answer is a response that rows are written to. Its header goes out with the first
// of them, so that what fails before is an error page.
type answer struct {
	tabular.Writer
	c      echo.Context
	format string
	name   string // of the file
	bom    bool
	begun  bool
}

func newAnswer(c echo.Context, format, name string, q query) *answer {
	a := &answer{c: c, format: format, name: name + "." + format, bom: q.bom && format == "csv"}
	switch format {
	case "json":
		a.Writer = tabular.NewJSON(c.Response(), tabular.Options{})
	case "ndjson":
		a.Writer = tabular.NewNDJSON(c.Response(), tabular.Options{})
	default:
		a.Writer = tabular.NewCSV(c.Response(), q.raw, tabular.Options{})
	}
	return a
}

// Columns begins the response.
func (a *answer) Columns(names []string) error {
	h := a.c.Response().Header()
	h.Set("Content-Type", mediaTypes[a.format])
	if !strings.HasPrefix(a.c.Path(), "/api/") {
		h.Set("Content-Disposition", `attachment; filename="`+a.name+`"`)
	}
	// An export takes as long as its reader does.
	_ = http.NewResponseController(a.c.Response()).SetWriteDeadline(time.Time{})
	a.begun = true
	if a.bom {
		if _, err := a.c.Response().Write([]byte("\uFEFF")); err != nil {
			return err
		}
	}
	return a.Writer.Columns(names)
}

// fail ends a response that cannot be completed: by an error page where nothing has
// gone out, by breaking the connection where the reader would take what came for all.
func (a *answer) fail(err error) error {
	if errors.Is(err, http.ErrBodyNotAllowed) { // only the header was asked for
		return nil
	}
	if !a.begun || !a.c.Response().Committed {
		return err
	}
	panic(http.ErrAbortHandler)
}
