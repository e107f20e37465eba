package dashboard

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sonde/accounts"
	"sonde/store"
)

// anyone is the role of routes that everybody may use.
const anyone accounts.Role = ""

// route is one way in.
type route struct {
	method, path string
	role         accounts.Role // what it takes to use it
	what         string        // what it does, for the audit log; "": it changes nothing that is kept there
	takes        string        // the parameters of its address or form, with blanks between; [itself]: the handler knows
	handle       echo.HandlerFunc
}

// routes are all ways in. Only POST changes anything.
func (s *Server) routes() []route {
	get := func(path, takes string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, accounts.Viewer, "", takes, timely(handle)}
	}
	long := func(path, takes string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, accounts.Viewer, "", takes, handle}
	}
	open := func(path, takes string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, anyone, "", takes, handle}
	}
	do := func(path, what, takes string, handle echo.HandlerFunc) route {
		return route{http.MethodPost, path, accounts.Admin, what, takes, handle}
	}
	routes := []route{
		open("/healthz", "", s.health),
		open("/assets/:file", "", s.asset),
		open("/login", "then", s.showLogin),
		open("/setup", "key", s.showSetup),
		{http.MethodPost, "/login", anyone, "", "name password then", s.logIn},
		{http.MethodPost, "/setup", anyone, "", "key name password then", s.setUp},
		{http.MethodPost, "/logout", anyone, "", "", s.logOut},

		get("/", "", s.overview),
		long("/events", "run", s.events),
		get("/metrics", "", s.metrics),
		get("/openapi.yaml", "", s.openAPI),

		get("/sites", "", s.sites),
		get("/sites/new", "url", s.newSite),
		get("/sites/:id", "", s.site),
		get("/sites/:id/edit", "", s.editSite),
		get("/sites/:id/remove", "", s.askRemoveSite),
		do("/crawl", "crawl", "url", s.crawl),
		do("/sites", "save site", "id name seeds "+namesOf(s.Fields), s.saveSite),
		do("/sites/:id/run", "start run", "", s.startRun),
		do("/sites/:id/remove", "remove site", "", s.removeSite),

		get("/runs/:id", "", s.run),
		long("/runs/:id/report", "", s.report),
		get("/runs/:id/remove", "", s.askRemoveRun),
		do("/runs/:id/stop", "stop run", "", s.stopRun),
		do("/runs/:id/resume", "resume run", "", s.resumeRun),
		do("/runs/:id/remove", "remove run", "", s.removeRun),

		get("/page", "url run_id", s.page),
		get("/page/source", "url run_id", s.source),
		get("/hosts/:name", "", s.host),

		get("/issues", "site", s.issues),
		get("/issues/:rule", "", s.rule),
		do("/issues/:rule/mute", "mute", "fingerprint until reason", s.mute),
		do("/issues/:rule/unmute", "unmute", "fingerprint", s.unmute),

		get("/schedules", "site", s.schedules),
		do("/schedules", "save schedule", "site spec zone overlap missed", s.saveSchedule),
		do("/schedules/:id/pause", "pause schedule", "", s.pauseSchedule),
		do("/schedules/:id/resume", "resume schedule", "", s.wakeSchedule),
		do("/schedules/:id/run", "run schedule", "", s.runSchedule),
		do("/schedules/:id/remove", "remove schedule", "", s.removeSchedule),

		get("/compare", "before run", s.compare),
		long("/sql", "sql", s.sql),
		{http.MethodPost, "/sql", accounts.Viewer, "", "sql", s.sql}, // a question too long for an address
		long("/queries/:name", "", s.savedQuery),
		do("/queries", "save query", "name sql", s.saveQuery),
		do("/queries/:name/remove", "remove query", "", s.removeQuery),
		get("/schema", "", s.schema),
		get("/settings", "", s.settings),
		long("/settings/tables", "", s.settings),
		do("/settings/users", "add user", "name password role", s.addUser),
		do("/settings/users/remove", "remove user", "name", s.removeUser),
		do("/settings/tokens", "add token", "name role", s.addToken),
		do("/settings/tokens/remove", "remove token", "id", s.removeToken),
	}
	for _, r := range routes {
		if r.role == accounts.Admin && !strings.HasPrefix(r.path, "/settings") {
			r.path = "/api/v1" + r.path
			routes = append(routes, r)
		}
	}
	for _, format := range reportFormats {
		routes = append(routes, long("/runs/:id/report."+format, "", s.reportFile(format)))
	}
	for _, format := range formats {
		routes = append(routes, long("/compare."+format, "before run _raw _bom", s.compareExport(format)))
		routes = append(routes, long("/sql."+format, "sql _raw _bom", s.sqlExport(format)), long("/api/v1/sql."+format, "sql _raw _bom", s.sqlExport(format)))
	}
	return append(routes, s.tableRoutes()...)
}

// tableRoutes are the pages and exports of tables. Every view has exports by its name
// besides.
func (s *Server) tableRoutes() []route {
	get := func(path string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, accounts.Viewer, "", itself, handle}
	}
	var routes []route
	shown := map[string]bool{}
	exports := func(t table) {
		shown[t.exports()] = true
		for _, format := range formats {
			path := t.exports() + "." + format
			routes = append(routes, get(path, s.export(t, format)), get("/api/v1"+path, s.export(t, format)))
		}
	}
	for _, t := range tables {
		if _, known := s.views[t.view]; known {
			routes = append(routes, get(t.path, s.table(t)), get(t.path+"/facets.json", timely(s.facets(t))))
			exports(t)
		}
	}
	for _, v := range s.schemas {
		if t := (table{path: "/" + v.Name, view: v.Name}); !shown[t.path] {
			exports(t)
		}
	}
	return routes
}

// pageTime is how long a page may read before its visitor is told that it takes too long.
const pageTime = 5 * time.Second

// timely bounds how long a page may read.
func timely(handle echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeoutCause(c.Request().Context(), pageTime, store.ErrTooSlow)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return handle(c)
	}
}
