package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/analyze"
	"sonde/store"
)

// comparePage shows what differs between two runs of a site.
type comparePage struct {
	frame
	Before, Run int64
	Rows        [][]cell
	Heads       []head
	More        bool // than are shown
	Exports     []link
}

// shownChanges is how many differences between two runs are shown.
const shownChanges = 500

var errEnough = errors.New("enough changes")

var changeColumns = []string{"subject", "what", "old", "new"}

func (s *Server) compare(c echo.Context) error {
	before, run, err := s.comparedRuns(c)
	if err != nil {
		return err
	}
	page := &comparePage{frame: frame{Title: "Compare runs", Here: "/changes"}, Before: before, Run: run}
	page.Exports = exportsOf("/compare", url.Values{"before": {c.QueryParam("before")}, "run": {c.QueryParam("run")}})
	for _, column := range changeColumns {
		page.Heads = append(page.Heads, head{Name: column, Label: label(column)})
	}
	err = analyze.Compare(c.Request().Context(), s.File, before, run, page.add)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return s.render(c, http.StatusOK, "compare", page)
}

// compareExport makes the handler that gives all differences in a format.
func (s *Server) compareExport(format string) echo.HandlerFunc {
	return func(c echo.Context) error {
		before, run, err := s.comparedRuns(c)
		if err != nil {
			return err
		}
		q, err := exportQuery(c)
		if err != nil {
			return err
		}
		a := newAnswer(c, format, "changes", q)
		if err := a.Columns(changeColumns); err != nil {
			return err
		}
		err = analyze.Compare(c.Request().Context(), s.File, before, run, func(change sonde.Change) error {
			for _, text := range []string{change.Subject, string(change.What), change.Old, change.New} {
				if text == "" {
					a.Null()
				} else {
					a.Text([]byte(text))
				}
			}
			return a.EndRow()
		})
		if err != nil {
			return a.fail(err)
		}
		return a.Close()
	}
}

// comparedRuns are the runs that an address names, both of which the file has.
func (s *Server) comparedRuns(c echo.Context) (before, run int64, err error) {
	if before, err = runParam(c, "before"); err != nil {
		return 0, 0, err
	}
	if run, err = runParam(c, "run"); err != nil {
		return 0, 0, err
	}
	for _, id := range []int64{before, run} {
		if _, err := s.File.Run(c.Request().Context(), id); errors.Is(err, store.ErrNoRun) {
			return 0, 0, echo.NewHTTPError(http.StatusNotFound, sentence(err))
		} else if err != nil {
			return 0, 0, err
		}
	}
	return before, run, nil
}

func runParam(c echo.Context, name string) (int64, error) {
	run, err := strconv.ParseInt(c.QueryParam(name), 10, 64)
	if err != nil || run < 1 {
		return 0, badRequest("Two runs are compared: before=1&run=2.")
	}
	return run, nil
}

func (p *comparePage) add(change sonde.Change) error {
	if len(p.Rows) == shownChanges {
		p.More = true
		return errEnough
	}
	p.Rows = append(p.Rows, []cell{
		cellOf("subject", change.Subject, p.Run), cellOf("what", string(change.What), 0), cellOf("old", orNull(change.Old), 0), cellOf("new", orNull(change.New), 0),
	})
	return nil
}

// orNull is nil for no text.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
