package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/analyze"
	"sonde/store"
)

// sitesPage lists the sites.
type sitesPage struct {
	frame
	Sites []siteCard
}

func (s *Server) sites(c echo.Context) error {
	cards, err := s.siteCards(c.Request().Context())
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "sites", &sitesPage{frame{Title: "Sites", Here: "/sites"}, cards})
}

// sitePage is one site: how it does, its runs, its policy.
type sitePage struct {
	frame
	Site      siteCard
	Policy    []inputGroup // what it says, to be read
	Runs      []siteRun
	Worst     []analyze.Group // the gravest rules that have open issues
	History   chart           // failures
	Healthy   chart           // health
	Schedules []scheduleCard
	Exports   []link // of the runs
}

// siteRun is a run in the list of its site.
type siteRun struct {
	sonde.Run
	Health int64 // from 0 to 100, -1 where it is not known
}

// historyRuns is how many runs a site's page looks back.
const historyRuns = 30

func (s *Server) site(c echo.Context) error {
	ctx := c.Request().Context()
	site, err := s.siteOf(c)
	if err != nil {
		return err
	}
	recent, err := s.File.RecentRuns(ctx, historyRuns)
	if err != nil {
		return err
	}
	runs := recent[site.ID]
	page := &sitePage{
		frame:   frame{Title: site.Name, Here: "/sites"},
		Site:    siteCardOf(site, runs),
		Policy:  inputs(s.Fields, site.Policy, nil, nil),
		Exports: exportsOf("/runs", url.Values{"site": {site.Name}}),
	}
	s.addHistory(ctx, page, runs)
	if page.Schedules, err = s.schedulesOf(ctx, site.Name); err != nil {
		return err
	}
	if page.Worst, err = s.worst(ctx, site.Name, sonde.Info, func(g analyze.Group) int64 { return g.Open }); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "site", page)
}

// addHistory shows how the runs of a site went, the newest first, and draws it, the
// oldest first. Health is told of as many runs as it is soon computed for.
func (s *Server) addHistory(ctx context.Context, page *sitePage, runs []sonde.Run) {
	soon, cancel := context.WithTimeout(ctx, scoring)
	defer cancel()
	var failures, health []point
	for _, run := range runs {
		r := siteRun{run, s.score(ctx, soon, &run)}
		page.Runs = append(page.Runs, r)
		name := "run " + strconv.FormatInt(run.ID, 10)
		failures = append(failures, point{run.Counts.Failures, name})
		if r.Health >= 0 {
			health = append(health, point{r.Health, name})
		}
	}
	if len(page.Runs) > 0 {
		page.Site.Health = page.Runs[0].Health
	}
	slices.Reverse(failures)
	slices.Reverse(health)
	page.History, page.Healthy = columns(failures, "bad"), columns(health, "ok")
}

// siteOf is the site that the path names.
func (s *Server) siteOf(c echo.Context) (sonde.Site, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return sonde.Site{}, echo.ErrNotFound
	}
	sites, err := s.File.Sites(c.Request().Context())
	if err != nil {
		return sonde.Site{}, err
	}
	for _, site := range sites {
		if site.ID == id {
			c.Set(subjectKey, site.Name)
			return site, nil
		}
	}
	return sonde.Site{}, echo.NewHTTPError(http.StatusNotFound, "There is no site with this number; it may have been removed.")
}

// siteForm makes or changes a site.
type siteForm struct {
	frame
	ID     int64 // 0: a new one
	Name   string
	Seeds  string // a line for each
	Groups []inputGroup
	Faults faults
}

func (s *Server) newSite(c echo.Context) error {
	form := &siteForm{frame: frame{Title: "New site", Here: "/sites"}, Seeds: c.QueryParam("url")}
	form.Groups = inputs(s.Fields, s.policy(), nil, nil)
	return s.render(c, http.StatusOK, "siteform", form)
}

func (s *Server) editSite(c echo.Context) error {
	site, err := s.siteOf(c)
	if err != nil {
		return err
	}
	form := &siteForm{frame: frame{Title: "Edit " + site.Name, Here: "/sites"}, ID: site.ID, Name: site.Name}
	form.Seeds = strings.Join(site.Seeds, "\n")
	form.Groups = inputs(s.Fields, site.Policy, nil, nil)
	return s.render(c, http.StatusOK, "siteform", form)
}

// policy is that of a new site: the usual one, in the name of this program.
func (s *Server) policy() sonde.Policy {
	p := sonde.DefaultPolicy()
	p.UserAgent = s.UserAgent
	return p
}

// saveSite writes the site of a form. A new one takes no name that is taken.
func (s *Server) saveSite(c echo.Context) error {
	if s.Control == nil {
		return errNoControl
	}
	ctx := c.Request().Context()
	values, err := formOf(c)
	if err != nil {
		return err
	}
	site, form, err := s.readSiteForm(ctx, values)
	if err != nil {
		return err
	}
	if len(form.Faults) == 0 {
		site, err = s.Control.SaveSite(ctx, site)
		if form.Faults = faultsOf(err); err != nil && len(form.Faults) == 0 {
			return err
		}
	}
	if len(form.Faults) > 0 && wantsJSON(c.Request()) {
		return form.Faults
	}
	if len(form.Faults) > 0 {
		form.Groups = inputs(s.Fields, site.Policy, values, form.Faults)
		return s.render(c, http.StatusBadRequest, "siteform", form)
	}
	c.Set(subjectKey, site.Name)
	return finish(c, "/sites/"+strconv.FormatInt(site.ID, 10)+"?done=saved")
}

// readSiteForm reads what was typed. Faults stand in the form.
func (s *Server) readSiteForm(ctx context.Context, values url.Values) (sonde.Site, *siteForm, error) {
	form := &siteForm{frame: frame{Title: "New site", Here: "/sites"}, Name: strings.TrimSpace(values.Get("name")), Seeds: values.Get("seeds")}
	site := sonde.Site{Name: form.Name, Seeds: linesOf(form.Seeds), Policy: s.policy()}
	if text := values.Get("id"); text != "" && text != "0" {
		var err error
		if form.ID, err = strconv.ParseInt(text, 10, 64); err != nil {
			return site, form, badRequest("id takes the number of a site, not %q.", visible(text))
		}
		form.Title = "Edit " + form.Name
	}
	before, err := s.File.Site(ctx, form.Name)
	if err != nil && !errors.Is(err, store.ErrNoSite) {
		return site, form, err
	}
	if err == nil && form.ID == before.ID {
		site.Policy = before.Policy
	}
	site.Policy, form.Faults = policyOf(s.Fields, s.policy(), site.Policy, values)
	if len(site.Seeds) == 0 {
		form.Faults["seeds"] = "A URL to start from is wanted, such as https://example.org."
	}
	switch {
	case err == nil && form.ID != before.ID:
		form.Faults["name"] = "There is a site of this name already."
	case form.ID != 0 && err != nil:
		form.Faults["name"] = "The name of a site cannot be changed."
	}
	return site, form, nil
}

// crawl makes a site of one URL, with the usual policy, and starts a run: all that the
// first page asks for.
func (s *Server) crawl(c echo.Context) error {
	if s.Control == nil {
		return errNoControl
	}
	ctx := c.Request().Context()
	typed := strings.TrimSpace(c.FormValue("url"))
	site, err := s.Control.SaveSite(ctx, sonde.Site{Seeds: []string{typed}, Policy: s.policy()})
	if wrong := faultsOf(err); len(wrong) > 0 && !wantsJSON(c.Request()) {
		page, err := s.overviewPage(ctx)
		if err != nil {
			return err
		}
		page.Typed, page.Fault = typed, wrong["seeds"]
		return s.render(c, http.StatusBadRequest, "overview", page)
	}
	if err != nil {
		return err
	}
	c.Set(subjectKey, site.Name)
	return s.begin(c, site.Name)
}

func (s *Server) startRun(c echo.Context) error {
	site, err := s.siteOf(c)
	if err != nil {
		return err
	}
	return s.begin(c, site.Name)
}

// begin starts a run and shows it.
func (s *Server) begin(c echo.Context, site string) error {
	if s.Control == nil {
		return errNoControl
	}
	run, err := s.Control.StartRun(c.Request().Context(), site)
	switch {
	case err != nil:
		return err
	case run == 0:
		return finish(c, "/runs?done=waits")
	}
	return finish(c, "/runs/"+strconv.FormatInt(run, 10))
}

// removal asks whether something is to be removed, on a page of its own, so that it
// works without a script.
type removal struct {
	frame
	Question, Consequence string
	Action, Back          string
}

func (s *Server) askRemoveSite(c echo.Context) error {
	site, err := s.siteOf(c)
	if err != nil {
		return err
	}
	path := "/sites/" + c.Param("id")
	return s.render(c, http.StatusOK, "removal", &removal{
		frame: frame{Title: "Remove " + site.Name, Here: "/sites"}, Question: "Remove the site " + site.Name + "?",
		Consequence: "All its runs and what they found are taken out of the file. This cannot be undone.",
		Action:      path + "/remove", Back: path,
	})
}

func (s *Server) removeSite(c echo.Context) error {
	site, err := s.siteOf(c)
	if err != nil {
		return err
	}
	if s.Control == nil {
		return errNoControl
	}
	if err := s.Control.RemoveSite(c.Request().Context(), site.Name); err != nil {
		return err
	}
	return finish(c, "/sites?done=removed")
}
