package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/analyze"
	"sonde/store"
)

// issuesPage shows what rules found, rule by rule.
type issuesPage struct {
	frame
	Site    string // of one site; "": of all
	Sites   []sonde.Site
	Levels  []level
	Exports []link
}

// level is the rules of one severity.
type level struct {
	Severity sonde.Severity
	Badge    cell
	Groups   []analyze.Group
	Open     int64
}

func (s *Server) issues(c echo.Context) error {
	ctx := c.Request().Context()
	page := &issuesPage{frame: frame{Title: "Issues", Here: "/issues"}, Site: c.QueryParam("site")}
	groups, err := analyze.Groups(ctx, s.File, page.Site)
	if err != nil {
		return err
	}
	if page.Sites, err = s.File.Sites(ctx); err != nil {
		return err
	}
	for _, severity := range append(sonde.Severities, "") {
		if l := levelOf(severity, groups); len(l.Groups) > 0 {
			page.Levels = append(page.Levels, l)
		}
	}
	filters := url.Values{}
	if page.Site != "" {
		filters.Set("site", page.Site)
	}
	page.Exports = exportsOf("/issues", filters)
	return s.render(c, http.StatusOK, "issues", page)
}

// levelOf is the rules of a severity; "" is that of rules whose issues are all fixed or
// muted.
func levelOf(severity sonde.Severity, groups []analyze.Group) level {
	l := level{Severity: severity, Badge: severityBadge(string(severity))}
	for _, g := range groups {
		if g.Severity == severity {
			l.Groups = append(l.Groups, g)
			l.Open += g.Open
		}
	}
	return l
}

// rulePage is one rule and the issues that it has.
type rulePage struct {
	frame
	Rule    sonde.Rule
	Group   analyze.Group
	Trend   chart
	Moments []analyze.Moment
	Issues  part
	SQLURL  string
	Exports []link
	Until   string // a mute, as it was typed
	Reason  string
	Faults  faults
}

const (
	trendOfRule = 30
	shownIssues = 50
	// usualMute is for how long something is muted where nobody says otherwise.
	usualMute = 90 * 24 * time.Hour
)

var issueColumns = []string{"url", "host", "state", "evidence", "first_seen_at", "site"}

func (s *Server) rule(c echo.Context) error {
	return s.showRule(c, http.StatusOK, &rulePage{Until: time.Now().Add(usualMute).UTC().Format(time.DateOnly)})
}

// showRule shows the rule that the path names.
func (s *Server) showRule(c echo.Context, status int, page *rulePage) error {
	ctx := c.Request().Context()
	rule, err := s.ruleOf(c)
	if err != nil {
		return err
	}
	page.frame, page.Rule = frame{Title: rule.Title, Here: "/issues"}, rule
	page.SQLURL = "/sql?sql=" + escape("SELECT site, url, host, severity, state, evidence\nFROM issues\nWHERE rule = "+literal(rule.Name)+"\nLIMIT 100")
	page.Exports = exportsOf("/issues", url.Values{"rule": {rule.Name}})
	if err := errors.Join(s.addGroup(ctx, page), s.addTrend(ctx, page), s.addIssues(ctx, page)); err != nil {
		return err
	}
	return s.render(c, status, "rule", page)
}

// ruleOf is the rule that the path names.
func (s *Server) ruleOf(c echo.Context) (sonde.Rule, error) {
	rule, err := analyze.RuleOf(c.Request().Context(), s.File, c.Param("rule"))
	if errors.Is(err, analyze.ErrNoSuchIssue) {
		return rule, echo.NewHTTPError(http.StatusNotFound, "No run was analysed by a rule of this name.")
	}
	return rule, err
}

func (s *Server) addGroup(ctx context.Context, page *rulePage) error {
	groups, err := analyze.Groups(ctx, s.File, "")
	for _, g := range groups {
		if g.Rule.Name == page.Rule.Name {
			page.Group = g
		}
	}
	return err
}

func (s *Server) addTrend(ctx context.Context, page *rulePage) (err error) {
	page.Moments, err = analyze.Trend(ctx, s.File, page.Rule.Name, trendOfRule)
	var points []point
	for _, m := range page.Moments {
		points = append(points, point{m.Open, "Run " + strconv.FormatInt(m.Run, 10) + " of " + visible(m.Site)})
	}
	page.Trend = columns(points, "accent")
	return err
}

func (s *Server) addIssues(ctx context.Context, page *rulePage) error {
	rows, err := s.rows(ctx, store.Listing{
		Selection: store.Selection{View: "issues", Columns: append(issueColumns, "run_id"), Where: []store.Filter{{Column: "rule", Value: page.Rule.Name}}},
		Rows:      shownIssues, Patience: listPatience,
	})
	page.Issues = partOf("What it found", "It has found nothing in the latest runs.", "/issues/all?rule="+url.QueryEscape(page.Rule.Name), issueColumns, rows)
	return err
}

// mute has nobody hear of a rule, or of one of its issues, until a day.
func (s *Server) mute(c echo.Context) error {
	if s.Control == nil {
		return errNoControl
	}
	if _, err := s.ruleOf(c); err != nil {
		return err
	}
	until, err := time.Parse(time.DateOnly, c.FormValue("until"))
	if err != nil || until.Before(time.Now()) {
		wrong := faults{"until": "A day that is to come is wanted, such as " + time.Now().Add(usualMute).UTC().Format(time.DateOnly) + "."}
		if wantsJSON(c.Request()) {
			return wrong
		}
		return s.showRule(c, http.StatusBadRequest, &rulePage{Until: c.FormValue("until"), Reason: c.FormValue("reason"), Faults: wrong})
	}
	m := analyze.Mute{Rule: c.Param("rule"), Fingerprint: c.FormValue("fingerprint"), Reason: c.FormValue("reason"), Until: until}
	if m.Fingerprint != "" {
		m.Rule = ""
	}
	if err := s.Control.MuteIssue(c.Request().Context(), m); err != nil {
		return err
	}
	return finish(c, s.backToRule(c)+"?done=muted")
}

func (s *Server) unmute(c echo.Context) error {
	if s.Control == nil {
		return errNoControl
	}
	which := c.FormValue("fingerprint")
	if which == "" {
		which = c.Param("rule")
	}
	if err := s.Control.UnmuteIssue(c.Request().Context(), which); err != nil {
		return err
	}
	return finish(c, s.backToRule(c)+"?done=unmuted")
}

func (s *Server) backToRule(c echo.Context) string {
	return "/issues/" + url.PathEscape(c.Param("rule"))
}
