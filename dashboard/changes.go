package dashboard

import (
	"errors"
	"net/http"
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
}

// shownChanges is how many differences between two runs are shown.
const shownChanges = 500

var errEnough = errors.New("enough changes")

var changeColumns = []string{"subject", "what", "old", "new"}

func (s *Server) compare(c echo.Context) error {
	before, err := runParam(c, "before")
	if err != nil {
		return err
	}
	run, err := runParam(c, "run")
	if err != nil {
		return err
	}
	page := &comparePage{frame: frame{Title: "Compare runs", Here: "/changes"}, Before: before, Run: run}
	for _, column := range changeColumns {
		page.Heads = append(page.Heads, head{Name: column, Label: label(column)})
	}
	err = analyze.Compare(c.Request().Context(), s.File, before, run, page.add)
	switch {
	case errors.Is(err, store.ErrNoRun):
		return echo.NewHTTPError(http.StatusNotFound, sentence(err))
	case err != nil && !errors.Is(err, errEnough):
		return err
	}
	return s.render(c, http.StatusOK, "compare", page)
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
