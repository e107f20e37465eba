package dashboard

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"sonde/store"
)

// health answers whether the dashboard can read its file.
func (s *Server) health(c echo.Context) error {
	if _, err := s.File.Count(c.Request().Context(), store.Selection{View: "sites"}, rowsPatience); err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable, "The database cannot be read.")
	}
	return c.String(http.StatusOK, "ok\n")
}

// metrics tells how the program does, in the text format of Prometheus.
func (s *Server) metrics(c echo.Context) error {
	var b strings.Builder
	gauge := func(name, help string, value any) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n%s %v\n", name, help, name, name, value)
	}
	var fetched, failures, pending, inFlight int64
	var rate float64
	running := s.standing()
	for _, p := range running {
		fetched, failures, pending, inFlight = fetched+p.Fetched, failures+p.Failures, pending+p.Pending, inFlight+p.InFlight
		rate += p.Rate
	}
	gauge("sonde_runs_running", "Runs that go on.", len(running))
	gauge("sonde_run_fetched", "Targets that the runs that go on have fetched.", fetched)
	gauge("sonde_run_failures", "Of those fetched, the ones without a usable answer.", failures)
	gauge("sonde_run_pending", "Targets that wait.", pending)
	gauge("sonde_run_requests", "Requests on their way.", inFlight)
	gauge("sonde_run_rate", "Targets fetched a second, lately.", rate)
	gauge("sonde_file_bytes", "Size of the database.", s.File.Size())
	gauge("sonde_wal_bytes", "Size of the log beside the database.", s.File.LogSize())
	return c.Blob(http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", []byte(b.String()))
}

//go:embed openapi.yaml
var openAPI []byte

func (s *Server) openAPI(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", openAPI)
}
