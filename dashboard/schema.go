package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"sonde/store"
)

// schemaPage documents the public views.
type schemaPage struct {
	frame
	Views []store.View
}

func (s *Server) schema(c echo.Context) error {
	return s.render(c, http.StatusOK, "schema", &schemaPage{frame{Title: "Schema", Here: "/schema"}, s.schemas})
}

// twin is the view of the latest runs beside one of every run, "" where a view is none.
func twin(view string) string {
	short, history := strings.CutSuffix(view, "_history")
	if !history {
		return ""
	}
	return short
}

// meaning is what the schema says of a column.
func (s *Server) meaning(view, column string) string {
	for _, c := range s.views[view].Columns {
		if c.Name == column {
			return c.Meaning
		}
	}
	return ""
}

func escape(text string) string { return url.QueryEscape(text) }
