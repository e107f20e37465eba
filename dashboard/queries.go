package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"sonde/accounts"
)

// savedQuery asks a query that somebody kept.
func (s *Server) savedQuery(c echo.Context) error {
	saved, err := s.Accounts.Queries(c.Request().Context())
	if err != nil {
		return err
	}
	for _, q := range saved {
		if q.Name == c.Param("name") {
			return s.showConsole(c, &consolePage{frame: frame{Title: q.Name}, SQL: q.SQL, Name: q.Name})
		}
	}
	return echo.NewHTTPError(http.StatusNotFound, "No query of this name is kept; it may have been removed.")
}

// saveQuery keeps a query for everybody.
func (s *Server) saveQuery(c echo.Context) error {
	name, sql := strings.TrimSpace(c.FormValue("name")), c.FormValue("sql")
	if err := accounts.CheckQuery(name, sql); err != nil {
		if wantsJSON(c.Request()) {
			return badRequest("%s", sentence(err))
		}
		return s.showConsole(c, &consolePage{frame: frame{Title: "SQL"}, SQL: sql, Fault: sentence(err)})
	}
	if err := s.Accounts.SaveQuery(c.Request().Context(), name, sql); err != nil {
		return err
	}
	c.Set(subjectKey, name)
	return finish(c, "/queries/"+url.PathEscape(name)+"?done=saved")
}

func (s *Server) removeQuery(c echo.Context) error {
	err := s.Accounts.RemoveQuery(c.Request().Context(), c.Param("name"))
	if errors.Is(err, accounts.ErrNoQuery) {
		return echo.NewHTTPError(http.StatusNotFound, sentence(err))
	}
	if err != nil {
		return err
	}
	return finish(c, "/sql?done=removed")
}
