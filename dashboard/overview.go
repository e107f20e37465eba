package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
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
	Ending  []ending
	Size    int64
	Hosts   int64
}

// siteCard is a site and how its last run went.
type siteCard struct {
	ID     int64
	Name   string
	Seeds  []string
	Last   *sonde.Run // nil: it never ran
	Health int64      // URLs that gave what was asked for, in percent of those asked
	Trend  chart      // failures of the last runs
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
	if page.Ending, err = s.certificatesEnding(ctx); err != nil {
		return nil, err
	}
	tally, err := s.File.Count(ctx, store.Selection{View: "hosts"}, countPatience)
	page.Hosts = tally.Rows
	return page, err
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
	cards := make([]siteCard, len(sites))
	for i, site := range sites {
		cards[i] = siteCardOf(site, runs[site.ID])
	}
	return cards, nil
}

// siteCardOf sums up a site from its last runs, the newest first.
func siteCardOf(site sonde.Site, runs []sonde.Run) siteCard {
	card := siteCard{ID: site.ID, Name: site.Name, Seeds: site.Seeds}
	if len(runs) == 0 {
		return card
	}
	card.Last = &runs[0]
	card.Health = health(runs[0].Counts)
	var points []point
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		points = append(points, point{Value: r.Counts.Failures, Label: r.StartedAt.UTC().Format("2 Jan 2006")})
	}
	card.Trend = sparkline(points)
	return card
}

// health is the part of the URLs asked for that gave what was asked, in percent.
func health(c sonde.Counts) int64 {
	asked := c.Pages + c.Failures
	if asked == 0 {
		return 0
	}
	return max(0, 100*(asked-c.Failures)/asked)
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

// rows lists some rows of a view by the names of their columns.
func (s *Server) rows(ctx context.Context, l store.Listing) ([]row, error) {
	if l.Patience == 0 {
		l.Patience = sortPatience
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
