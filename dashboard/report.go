package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/analyze/report"
)

// reportPage is what a run that is over adds up to.
type reportPage struct {
	frame
	report.Report
	Counts  []countList
	Pages   []pageList
	Exports []link
}

// countList is a list of what was counted.
type countList struct {
	Title  string
	Counts []report.Count
}

// pageList is a list of pages that stand out by a number.
type pageList struct {
	Title string
	Pages []standout
}

// standout is a page and the number by which it stands out.
type standout struct{ URL, Value cell }

// reportFormats are what a report can be had in as a file, by their endings.
var reportFormats = []string{"html", "md", "json"}

// reportOf is the report of the run that the path names.
func (s *Server) reportOf(c echo.Context) (report.Report, error) {
	run, err := s.runOf(c)
	if err != nil {
		return report.Report{}, err
	}
	r, err := report.Of(c.Request().Context(), s.File, run)
	if errors.Is(err, report.ErrNotAnalysed) {
		return r, echo.NewHTTPError(http.StatusNotFound, "The run has not been analysed: its rules are asked when it ends, or by `sonde analyze`.")
	}
	return r, err
}

func (s *Server) report(c echo.Context) error {
	r, err := s.reportOf(c)
	if err != nil {
		return err
	}
	page := &reportPage{frame: frame{Title: "Report of run " + c.Param("id") + " of " + r.Site, Here: "/runs"}, Report: r}
	for _, format := range reportFormats {
		page.Exports = append(page.Exports, link{upper(format), "/runs/" + c.Param("id") + "/report." + format})
	}
	for _, l := range []countList{{"What changed", r.Changes}, {"Answers", r.Statuses}, {"Kinds of content", r.Types}, {"Not crawled, and why", r.NotCrawled}} {
		if len(l.Counts) > 0 {
			page.Counts = append(page.Counts, l)
		}
	}
	for _, l := range []struct {
		title, column string
		pages         []report.Page
	}{{"The slowest pages", "ttfb_ms", r.Slowest}, {"The largest pages", "body_bytes", r.Largest}, {"The pages with the most links to them", "inlink_count", r.MostLinked}} {
		if len(l.pages) > 0 {
			page.Pages = append(page.Pages, pageList{l.title, standouts(l.column, l.pages, r.Run)})
		}
	}
	return s.render(c, http.StatusOK, "report", page)
}

func standouts(column string, pages []report.Page, run int64) []standout {
	all := make([]standout, len(pages))
	for i, p := range pages {
		all[i] = standout{urlCell(p.URL, run), cellOf(column, p.Value, run)}
	}
	return all
}

// reportFile makes the handler that gives a report away as a file that stands by itself.
func (s *Server) reportFile(format string) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, err := s.reportOf(c)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		kind := "text/markdown; charset=utf-8"
		switch format {
		case "html":
			kind, err = echo.MIMETextHTMLCharsetUTF8, r.HTML(&b)
		case "json":
			kind, err = echo.MIMEApplicationJSON, json.NewEncoder(&b).Encode(r)
		default:
			err = r.Markdown(&b)
		}
		if err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Content-Disposition", `attachment; filename="report-`+c.Param("id")+"."+format+`"`)
		return c.Blob(http.StatusOK, kind, b.Bytes())
	}
}

// Open are the rules that have open issues.
func (p *reportPage) Open() []report.Rule {
	var open []report.Rule
	for _, r := range p.Rules {
		if r.Tally.Open > 0 {
			open = append(open, r)
		}
	}
	return open
}

// All adds up the issues of every severity.
func (p *reportPage) All() report.Tally {
	var all report.Tally
	for _, s := range p.Severities {
		all.Open, all.New, all.Fixed, all.Muted = all.Open+s.Open, all.New+s.New, all.Fixed+s.Fixed, all.Muted+s.Muted
	}
	return all
}

// FirstByteOf is how quickly the pages of the run began to come, in words.
func (p *reportPage) FirstByteOf() []pair {
	var parts []pair
	for _, at := range []struct {
		name string
		ms   int64
	}{{"Median", p.FirstByte.P50}, {"90 %", p.FirstByte.P90}, {"99 %", p.FirstByte.P99}, {"Slowest", p.FirstByte.Max}} {
		parts = append(parts, pair{at.name, inMilliseconds(float64(at.ms))})
	}
	return append(parts, pair{"Pages", sonde.Thousands(p.FirstByte.Count)})
}
