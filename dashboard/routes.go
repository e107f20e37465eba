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
	handle       echo.HandlerFunc
}

// routes are all ways in. Only POST changes anything.
func (s *Server) routes() []route {
	get := func(path string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, accounts.Viewer, "", timely(handle)}
	}
	long := func(path string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, accounts.Viewer, "", handle}
	}
	open := func(path string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, anyone, "", handle}
	}
	do := func(path, what string, handle echo.HandlerFunc) route {
		return route{http.MethodPost, path, accounts.Admin, what, handle}
	}
	routes := []route{
		open("/healthz", s.health),
		open("/assets/:file", s.asset),
		open("/login", s.showLogin),
		open("/setup", s.showSetup),
		{http.MethodPost, "/login", anyone, "", s.logIn},
		{http.MethodPost, "/setup", anyone, "", s.setUp},
		{http.MethodPost, "/logout", anyone, "", s.logOut},

		get("/", s.overview),
		long("/events", s.events),
		get("/metrics", s.metrics),
		get("/openapi.yaml", s.openAPI),

		get("/sites", s.sites),
		get("/sites/new", s.newSite),
		get("/sites/:id", s.site),
		get("/sites/:id/edit", s.editSite),
		get("/sites/:id/remove", s.askRemoveSite),
		do("/crawl", "crawl", s.crawl),
		do("/sites", "save site", s.saveSite),
		do("/sites/:id/run", "start run", s.startRun),
		do("/sites/:id/remove", "remove site", s.removeSite),

		get("/runs/:id", s.run),
		long("/runs/:id/report", s.report),
		get("/runs/:id/remove", s.askRemoveRun),
		do("/runs/:id/stop", "stop run", s.stopRun),
		do("/runs/:id/resume", "resume run", s.resumeRun),
		do("/runs/:id/remove", "remove run", s.removeRun),

		get("/page", s.page),
		get("/page/source", s.source),
		get("/hosts/:name", s.host),

		get("/issues", s.issues),
		get("/issues/:rule", s.rule),
		do("/issues/:rule/mute", "mute", s.mute),
		do("/issues/:rule/unmute", "unmute", s.unmute),

		get("/schedules", s.schedules),
		do("/schedules", "save schedule", s.saveSchedule),
		do("/schedules/:id/pause", "pause schedule", s.pauseSchedule),
		do("/schedules/:id/resume", "resume schedule", s.wakeSchedule),
		do("/schedules/:id/run", "run schedule", s.runSchedule),
		do("/schedules/:id/remove", "remove schedule", s.removeSchedule),

		get("/compare", s.compare),
		long("/sql", s.sql),
		{http.MethodPost, "/sql", accounts.Viewer, "", s.sql}, // a question too long for an address
		long("/queries/:name", s.savedQuery),
		do("/queries", "save query", s.saveQuery),
		do("/queries/:name/remove", "remove query", s.removeQuery),
		get("/schema", s.schema),
		get("/settings", s.settings),
		long("/settings/tables", s.settings),
		do("/settings/users", "add user", s.addUser),
		do("/settings/users/remove", "remove user", s.removeUser),
		do("/settings/tokens", "add token", s.addToken),
		do("/settings/tokens/remove", "remove token", s.removeToken),
	}
	for _, r := range routes {
		if r.role == accounts.Admin && !strings.HasPrefix(r.path, "/settings") {
			r.path = "/api/v1" + r.path
			routes = append(routes, r)
		}
	}
	for _, format := range reportFormats {
		routes = append(routes, long("/runs/:id/report."+format, s.reportFile(format)))
	}
	for _, format := range formats {
		routes = append(routes, long("/compare."+format, s.compareExport(format)))
		routes = append(routes, long("/sql."+format, s.sqlExport(format)), long("/api/v1/sql."+format, s.sqlExport(format)))
	}
	return append(routes, s.tableRoutes()...)
}

// tableRoutes are the pages and exports of tables. Of views without a page of this kind
// there are exports too, by their names.
func (s *Server) tableRoutes() []route {
	get := func(path string, handle echo.HandlerFunc) route {
		return route{http.MethodGet, path, accounts.Viewer, "", handle}
	}
	var routes []route
	shown := map[string]bool{}
	exports := func(t table) {
		shown[t.view] = true
		for _, format := range formats {
			path := t.exports() + "." + format
			routes = append(routes, get(path, s.export(t, format)), get("/api/v1"+path, s.export(t, format)))
		}
	}
	for _, t := range tables {
		if _, known := s.views[t.view]; known {
			routes = append(routes, get(t.path, timely(s.table(t))), get(t.path+"/facets.json", timely(s.facets(t))))
			exports(t)
		}
	}
	for _, v := range s.schemas {
		if !shown[v.Name] {
			exports(table{path: "/" + v.Name, view: v.Name})
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
