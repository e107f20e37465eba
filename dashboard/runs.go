package dashboard

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/store"
)

// runPage is one run: live while it goes on, a report when it is over.
type runPage struct {
	frame
	Run       sonde.Run
	Live      *sonde.Standing // nil: it does not go on here
	Course    *course         // nil: there is nothing to draw, or it would take too long
	Took      time.Duration
	Health    int64 // from 0 to 100, -1 where it is not known
	Issues    int64 // that are open, -1 before the run is analysed
	Outcomes  []tally
	Mix       chart
	Failures  []tally
	Policy    []inputGroup
	Resumable bool
	Others    []sonde.Run // of the site, to compare with
}

// tally is how many URLs of a run ended in one way, and where they are listed.
type tally struct {
	Badge cell
	Text  string
	Rows  int64
	Part  string
	Link  string
}

func (s *Server) run(c echo.Context) error {
	ctx := c.Request().Context()
	run, err := s.runOf(c)
	if err != nil {
		return err
	}
	page := &runPage{
		frame: frame{Title: "Run " + c.Param("id") + " of " + run.Site.Name, Here: "/runs"}, Run: run,
		Policy: inputs(s.Fields, run.Site.Policy, nil, nil), Resumable: run.Status.Resumable(),
	}
	for _, p := range s.standing() {
		if p.Run.ID == run.ID {
			page.Live, page.Course = &p, liveCourse(p.Course)
		}
	}
	if run.Status != sonde.Running {
		if page.Course, err = s.pastCourse(ctx, run); err != nil {
			return err
		}
	}
	page.Refresh = run.Status == sonde.Running
	page.Took = run.FinishedAt.Sub(run.StartedAt)
	if run.FinishedAt.IsZero() {
		page.Took = time.Since(run.StartedAt)
	}
	if err := s.addOthers(ctx, page); err != nil {
		return err
	}
	counts, err := s.File.OutcomeCounts(ctx, run.ID)
	if err != nil {
		return err
	}
	page.count(counts)
	if err := s.addVerdict(ctx, page); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "run", page)
}

// addVerdict tells what the analysis of a run adds up to.
func (s *Server) addVerdict(ctx context.Context, page *runPage) error {
	soon, cancel := context.WithTimeout(ctx, scoring)
	defer cancel()
	page.Health, page.Issues = s.score(ctx, soon, &page.Run), -1
	rows, err := s.rows(ctx, store.Listing{
		Selection: store.Selection{View: "runs", Columns: []string{"issues"}, Where: []store.Filter{{Column: "id", Value: strconv.FormatInt(page.Run.ID, 10)}}},
		Sort:      "id", Rows: 1,
	})
	if len(rows) > 0 && rows[0]["issues"] != nil {
		page.Issues = rows[0].number("issues")
	}
	return err
}

// addOthers offers the other runs of the site that are over.
func (s *Server) addOthers(ctx context.Context, page *runPage) error {
	recent, err := s.File.RecentRuns(ctx, historyRuns)
	for _, other := range recent[page.Run.Site.ID] {
		if other.ID != page.Run.ID && other.Status != sonde.Running && page.Run.Status != sonde.Running {
			page.Others = append(page.Others, other)
		}
	}
	return err
}

// runOf is the run that the path names.
func (s *Server) runOf(c echo.Context) (sonde.Run, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return sonde.Run{}, echo.ErrNotFound
	}
	run, err := s.File.Run(c.Request().Context(), id)
	if errors.Is(err, store.ErrNoRun) {
		return run, echo.NewHTTPError(http.StatusNotFound, "There is no run with this number; it may have been removed.")
	}
	return run, err
}

// count sums up how the URLs ended.
func (p *runPage) count(counts []store.OutcomeCount) {
	list := "/pages?run_id=" + strconv.FormatInt(p.Run.ID, 10)
	byOutcome := map[sonde.Outcome]int64{}
	all := int64(0)
	for _, n := range counts {
		byOutcome[n.Outcome] += n.Count
		all += n.Count
		if n.Outcome.Failed() {
			p.Failures = append(p.Failures, failureTally(list, n))
		}
	}
	var parts []bar
	for _, o := range sonde.Outcomes {
		n := byOutcome[o]
		if n == 0 {
			continue
		}
		b := outcomeBadge(string(o))
		p.Outcomes = append(p.Outcomes, tally{b, "", n, percent(n, all), list + "&outcome=" + string(o)})
		parts = append(parts, bar{Width: float64(n), Label: b.Text, Text: sonde.Thousands(n), Tone: b.Tone})
	}
	p.Mix = stacked(parts)
}

// failureTally is one way to fail, and where its URLs are listed.
func failureTally(list string, n store.OutcomeCount) tally {
	t := tally{Badge: outcomeBadge(string(n.Outcome)), Rows: n.Count, Link: list + "&outcome=" + string(n.Outcome)}
	switch {
	case n.Failure != "":
		t.Text, t.Link = string(n.Failure), t.Link+"&failure="+string(n.Failure)
	case n.Status != 0:
		code := strconv.Itoa(n.Status)
		t.Text, t.Link = code+" "+http.StatusText(n.Status), t.Link+"&status="+code
	}
	return t
}

func (s *Server) stopRun(c echo.Context) error {
	run, err := s.commandRun(c, func(run int64) error { return s.Control.StopRun(c.Request().Context(), run) })
	if err != nil {
		return err
	}
	return finish(c, runPath(run)+"?done=stopped")
}

// resumeRun has a run go on, at once or when those before it are over.
func (s *Server) resumeRun(c echo.Context) error {
	run, err := s.commandRun(c, func(run int64) error { return s.Control.ResumeRun(c.Request().Context(), run) })
	switch {
	case err != nil:
		return err
	case run.Status.Resumable():
		return finish(c, runPath(run)+"?done=waits")
	}
	return finish(c, runPath(run))
}

func runPath(run sonde.Run) string { return "/runs/" + strconv.FormatInt(run.ID, 10) }

// commandRun has something done with the run that the path names, and returns it as it is
// then.
func (s *Server) commandRun(c echo.Context, do func(run int64) error) (sonde.Run, error) {
	run, err := s.runOf(c)
	if err != nil {
		return run, err
	}
	if s.Control == nil {
		return run, errNoControl
	}
	if err := do(run.ID); err != nil {
		return run, err
	}
	return s.runOf(c)
}

func (s *Server) askRemoveRun(c echo.Context) error {
	run, err := s.runOf(c)
	if err != nil {
		return err
	}
	path := "/runs/" + c.Param("id")
	return s.render(c, http.StatusOK, "removal", &removal{
		frame: frame{Title: "Remove run " + c.Param("id"), Here: "/runs"}, Question: "Remove run " + c.Param("id") + " of " + run.Site.Name + "?",
		Consequence: sonde.Plural(run.Counts.Found, "URL") + " and what only this run knows of them are taken out of the file. This cannot be undone.",
		Action:      path + "/remove", Back: path,
	})
}

func (s *Server) removeRun(c echo.Context) error {
	run, err := s.runOf(c)
	if err != nil {
		return err
	}
	if s.Control == nil {
		return errNoControl
	}
	if err := s.Control.RemoveRun(c.Request().Context(), run.ID); err != nil {
		return err
	}
	return finish(c, "/runs?done=removed")
}
