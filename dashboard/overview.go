package dashboard

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/analyze"
	"sonde/analyze/report"
	"sonde/store"
)

// overviewPage is the first page: what goes on, what became of each site, what needs
// somebody.
type overviewPage struct {
	frame
	Empty   bool // nothing was ever crawled: one form and nothing else
	Typed   string
	Fault   string
	Running []sonde.Standing
	Sites   []siteCard
	Worst   []analyze.Group // rules with new issues
	Next    []nextRun
	Ending  []ending
	Size    int64
	Hosts   int64
}

// siteCard is a site and how its last run went.
type siteCard struct {
	ID      int64
	Name    string
	Seeds   []string
	Last    *sonde.Run // nil: it never ran
	Health  int64      // from 0 to 100, -1 where it is not known
	Changes int64      // that the last run found against the one before
	Issues  int64      // that are open, -1 before the run is analysed
	Trend   chart      // failures of the last runs
}

// nextRun is when a schedule comes.
type nextRun struct {
	Site string
	At   time.Time
}

// ending is a certificate whose time is soon over.
type ending struct {
	Host string
	At   time.Time
	Days int64
	Over bool
}

func (s *Server) overview(c echo.Context) error {
	page, err := s.overviewPage(c.Request().Context())
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "overview", page)
}

func (s *Server) overviewPage(ctx context.Context) (*overviewPage, error) {
	sites, err := s.siteCards(ctx)
	if err != nil {
		return nil, err
	}
	page := &overviewPage{frame: frame{Title: "Overview", Here: "/"}, Empty: len(sites) == 0, Sites: sites}
	page.Running = s.standing()
	page.Refresh = len(page.Running) > 0
	page.Size = s.File.Size()
	if page.Empty {
		return page, nil
	}
	if page.Worst, err = s.worst(ctx, "", sonde.High, func(g analyze.Group) int64 { return g.New }); err != nil {
		return nil, err
	}
	if err := s.addNext(ctx, page); err != nil {
		return nil, err
	}
	if page.Ending, err = s.certificatesEnding(ctx); err != nil {
		return nil, err
	}
	tally, err := s.File.Count(ctx, store.Selection{View: "hosts"}, countPatience)
	if page.Hosts = -1; tally.Exact {
		page.Hosts = tally.Rows
	}
	return page, err
}

// How much is shown of what needs somebody, and how long a page may look for it.
const (
	worstTime  = 250 * time.Millisecond
	shownWorst = 6
	shownNext  = 5
)

// worst are the gravest rules that have something to be counted, of a site or for "" of
// all, where they are soon read.
func (s *Server) worst(ctx context.Context, site string, least sonde.Severity, counted func(analyze.Group) int64) ([]analyze.Group, error) {
	quick, cancel := context.WithTimeout(ctx, worstTime)
	defer cancel()
	groups, err := analyze.Groups(quick, s.File, site)
	if err != nil && ctx.Err() == nil && quick.Err() != nil {
		return nil, nil
	}
	var worst []analyze.Group
	for _, g := range groups {
		if counted(g) > 0 && g.Severity.AtLeast(least) && len(worst) < shownWorst {
			worst = append(worst, g)
		}
	}
	return worst, err
}

// addNext shows the schedules that come next.
func (s *Server) addNext(ctx context.Context, page *overviewPage) error {
	schedules, err := s.File.Schedules(ctx)
	for _, schedule := range schedules {
		if !schedule.NextAt.IsZero() {
			page.Next = append(page.Next, nextRun{schedule.Site, schedule.NextAt})
		}
	}
	slices.SortFunc(page.Next, func(a, b nextRun) int { return a.At.Compare(b.At) })
	page.Next = page.Next[:min(len(page.Next), shownNext)]
	return err
}

// standing is how the runs stand that go on.
func (s *Server) standing() []sonde.Standing {
	if s.Control == nil {
		return nil
	}
	return s.Control.Standing()
}

// trendRuns is how many runs a trend shows.
const trendRuns = 20

// siteCards are all sites with their last runs.
func (s *Server) siteCards(ctx context.Context) ([]siteCard, error) {
	sites, err := s.File.Sites(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := s.File.RecentRuns(ctx, trendRuns)
	if err != nil {
		return nil, err
	}
	changes, err := s.File.ChangeCounts(ctx)
	if err != nil {
		return nil, err
	}
	issues, err := s.issuesOfRuns(ctx)
	if err != nil {
		return nil, err
	}
	soon, cancel := context.WithTimeout(ctx, scoring)
	defer cancel()
	cards := make([]siteCard, len(sites))
	for i, site := range sites {
		cards[i] = siteCardOf(site, runs[site.ID])
		cards[i].Health = s.score(ctx, soon, cards[i].Last)
		if last := cards[i].Last; last != nil {
			cards[i].Changes, cards[i].Issues = changes[last.ID], issues[last.ID]
		}
	}
	return cards, nil
}

// issuesOfRuns are the open issues of the newest runs, by run; -1 before the run is
// analysed.
func (s *Server) issuesOfRuns(ctx context.Context) (map[int64]int64, error) {
	rows, err := s.rows(ctx, store.Listing{
		Selection: store.Selection{View: "runs", Columns: []string{"id", "issues"}}, Sort: "id", Descending: true, Rows: maxSize,
	})
	counts := map[int64]int64{}
	for _, r := range rows {
		counts[r.number("id")] = -1
		if r["issues"] != nil {
			counts[r.number("id")] = r.number("issues")
		}
	}
	return counts, err
}

// siteCardOf sums up a site from its last runs, the newest first.
func siteCardOf(site sonde.Site, runs []sonde.Run) siteCard {
	card := siteCard{ID: site.ID, Name: site.Name, Seeds: site.Seeds}
	if len(runs) == 0 {
		return card
	}
	card.Last = &runs[0]
	var points []point
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		points = append(points, point{Value: r.Counts.Failures, Label: r.StartedAt.UTC().Format("2 Jan 2006")})
	}
	card.Trend = sparkline(points)
	return card
}

// scoring is how long all scores of a page that are not kept may take together.
const scoring = 150 * time.Millisecond

// score is the health of a site as its last run found it, from 0 to 100; -1 where it is
// not known, or is not kept and soon ends before it is.
func (s *Server) score(ctx, soon context.Context, run *sonde.Run) int64 {
	if run == nil || run.Status == sonde.Running {
		return -1
	}
	if kept, err := report.ScoreIsKept(ctx, s.File, run.ID); err != nil || !kept {
		ctx = soon
	}
	score, err := report.ScoreOf(ctx, s.File, run.ID)
	if err != nil || score.Pages == 0 {
		return -1
	}
	return int64(score.Value)
}

// soon is how long before its end a certificate is shown.
const soon = 30 * 24 * time.Hour

// certificatesEnding are the hosts whose certificates end first.
func (s *Server) certificatesEnding(ctx context.Context) ([]ending, error) {
	now := time.Now()
	rows, err := s.rows(ctx, store.Listing{
		Selection: store.Selection{View: "hosts", Columns: []string{"name", "certificate_not_after"}, Where: []store.Filter{
			{Column: "certificate_not_after", Operator: "lt", Value: now.Add(soon).UTC().Format(time.RFC3339)},
		}},
		Sort: "certificate_not_after", Rows: 5,
	})
	var all []ending
	for _, r := range rows {
		at := r.time("certificate_not_after")
		all = append(all, ending{r.text("name"), at, int64(at.Sub(now) / (24 * time.Hour)), at.Before(now)})
	}
	return all, err
}

// rowsPatience is how long a page waits for rows that are a part of it.
const rowsPatience = 2 * time.Second

// rows lists some rows of a view by the names of their columns.
func (s *Server) rows(ctx context.Context, l store.Listing) ([]row, error) {
	if l.Patience == 0 {
		l.Patience = rowsPatience
	}
	listed, err := s.File.List(ctx, l)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(listed.Rows))
	for i, values := range listed.Rows {
		rows[i] = row{}
		for j, name := range listed.Columns {
			rows[i][name] = values[j]
		}
	}
	return rows, nil
}
