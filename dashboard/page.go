package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/analyze"
	"sonde/analyze/report"
	"sonde/store"
)

// pagePage is one URL in one run: all that is known of it.
type pagePage struct {
	frame
	URL         cell
	Raw         string
	Run         int64
	Site        string
	Outcome     cell
	Status      cell
	Detail      string
	Page        []factGroup // what the page says
	Answer      []factGroup // how it came
	Headers     []pair
	Chain       []hop
	Timing      chart
	Issues      []issueRow
	MuteUntil   string
	Inlinks     linkList
	Outlinks    linkList
	InlinksURL  string
	OutlinksURL string
	History     []visitRow
	Exports     []link // of the history
	Source      string // the stored body as text, cut; "" where there is none
	SourceURL   string
	SourceCut   bool
}

// factGroup is a part of what is known.
type factGroup struct {
	Name  string
	Facts []fact
}

// fact is a column of the view pages and its value.
type fact struct {
	Label, Meaning string
	Cell           cell
}

// hop is one step of a redirect chain.
type hop struct {
	URL    cell
	Status cell
}

// issueRow is an issue of the page.
type issueRow struct {
	analyze.PageIssue
	Severity, State cell
}

// linkList is the beginning of a list of links.
type linkList struct {
	Rows []linkRow
	Late bool // it could not be had in time
}

// linkRow is a link to or from the page.
type linkRow struct {
	URL, Status    cell
	Anchor         string
	Kind, Position string
	Nofollow       bool
}

// visitRow is the page in one of the runs.
type visitRow struct {
	Run                       cell
	At, Outcome, Status       cell
	Title                     string
	Took                      cell
	Same, TitleNew, StatusNew bool
	Here                      bool
}

// How much of everything a page's own page shows.
const (
	shownLinks   = 10
	shownHistory = 25
	shownSource  = 64 << 10
	maxHops      = 10
)

// factColumns are the facts of a group in the order in which they are shown.
type factColumns struct {
	name    string
	columns []string
}

var (
	pageFacts = []factColumns{
		{"Content", []string{"title", "title_length", "description", "description_length", "h1", "h1_count", "lang", "word_count", "image_count", "image_no_alt_count", "link_count"}},
		{"For search engines", []string{"indexable", "index_reason", "canonical", "robots_meta", "in_sitemap", "inlink_count", "depth", "found_on", "found_by"}},
	}
	answerFacts = []factColumns{
		{"Answer", []string{"content_type", "charset", "wire_bytes", "body_bytes", "truncated", "body_sha256", "etag", "last_modified", "not_modified", "attempts", "fetched_at", "host", "remote_ip", "http_version"}},
	}
)

func (s *Server) page(c echo.Context) error {
	ctx := c.Request().Context()
	target, run, err := pageParams(c)
	if err != nil {
		return err
	}
	visits, err := s.rows(ctx, store.Listing{
		Selection: store.Selection{View: "pages_history", Where: visitOf(target, 0)},
		Sort:      "run_id", Descending: true, Rows: shownHistory,
	})
	if err != nil {
		return err
	}
	here := pick(visits, run)
	if here == nil {
		return echo.NewHTTPError(http.StatusNotFound, "No run knows this URL: "+visible(end(target, 200)))
	}
	page := s.pageOf(here)
	page.addHistory(visits)
	if err := errors.Join(s.addChain(ctx, page, here), s.addLinks(ctx, page), s.addPageIssues(ctx, page), s.addSource(ctx, page)); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "page", page)
}

// pageParams reads which page is wanted.
func pageParams(c echo.Context) (target string, run int64, err error) {
	if target = c.QueryParam("url"); target == "" {
		return "", 0, badRequest("url is wanted: the URL of the page, as the tables show it.")
	}
	if text := c.QueryParam("run_id"); text != "" {
		if run, err = strconv.ParseInt(text, 10, 64); err != nil || run < 1 {
			return "", 0, badRequest("run_id takes the number of a run, not %q.", text)
		}
	}
	return target, run, nil
}

// visitOf chooses a URL, in one run or, for 0, in all.
func visitOf(target string, run int64) []store.Filter {
	where := []store.Filter{{Column: "url", Value: target}}
	if run > 0 {
		where = append(where, store.Filter{Column: "run_id", Value: strconv.FormatInt(run, 10)})
	}
	return where
}

// pick is the visit of a run, or the newest for 0.
func pick(visits []row, run int64) row {
	for _, v := range visits {
		if run == 0 || v.number("run_id") == run {
			return v
		}
	}
	return nil
}

// pageOf shows what one row says.
func (s *Server) pageOf(r row) *pagePage {
	target, run := r.text("url"), r.number("run_id")
	page := &pagePage{
		frame: frame{Title: middle(visible(target), 60), Here: "/pages"},
		URL:   urlCell(target, run), Raw: target, Run: run, Site: r.text("site"),
		Outcome: outcomeBadge(r.text("outcome")), Detail: visible(detailOf(r)),
		InlinksURL:  "/links?" + url.Values{"target_url": {target}, "run_id": {strconv.FormatInt(run, 10)}}.Encode(),
		OutlinksURL: "/links?" + url.Values{"source_url": {target}, "run_id": {strconv.FormatInt(run, 10)}}.Encode(),
		Exports:     exportsOf("/pages_history", url.Values{"url": {target}}),
		Timing:      timing(r),
		Headers:     pairsOf(r.text("headers")),
		MuteUntil:   time.Now().Add(usualMute).UTC().Format(time.DateOnly),
	}
	if r["status"] != nil {
		page.Status = cellOf("status", r["status"], run)
	}
	page.Page, page.Answer = s.factsOf(r, pageFacts), s.factsOf(r, answerFacts)
	return page
}

// factsOf are the groups of which something is known.
func (s *Server) factsOf(r row, columns []factColumns) (groups []factGroup) {
	for _, g := range columns {
		group := factGroup{Name: g.name}
		for _, column := range g.columns {
			if r[column] != nil && r.text(column) != "" {
				group.Facts = append(group.Facts, fact{label(column), s.meaning("pages", column), cellOf(column, r[column], r.number("run_id"))})
			}
		}
		if len(group.Facts) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// detailOf is what there is to say of an outcome besides its name and the status.
func detailOf(r row) string {
	reason := r.text("reason")
	if reason == string(sonde.ByStatus) {
		reason = ""
	}
	return firstOf(r.text("detail"), r.text("failure"), strings.ReplaceAll(reason, "_", " "))
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// pairsOf reads a JSON array of [name, value].
func pairsOf(text string) []pair {
	var raw [][2]string
	if text == "" || json.Unmarshal([]byte(text), &raw) != nil {
		return nil
	}
	fields := make([]pair, len(raw))
	for i, f := range raw {
		fields[i] = pair{visible(f[0]), visible(f[1])}
	}
	return fields
}

// timing draws the phases of a fetch.
func timing(r row) chart {
	if r["total_ms"] == nil {
		return chart{}
	}
	at := 0.0
	var phases []bar
	phase := func(name string, ms int64, tone string) {
		phases = append(phases, bar{X: at, Width: float64(ms), Label: name, Text: inMilliseconds(float64(ms)), Tone: tone})
		at += float64(ms)
	}
	phase("Name", r.number("dns_ms"), "none")
	phase("Connection", r.number("connect_ms"), "info")
	phase("TLS", r.number("tls_ms"), "warn")
	phase("First byte", r.number("ttfb_ms"), "accent")
	phase("Rest", max(0, r.number("total_ms")-int64(at)), "ok")
	return waterfall(phases)
}

// addHistory shows the page in every run, the newest first.
func (p *pagePage) addHistory(visits []row) {
	for i, v := range visits {
		run := v.number("run_id")
		h := visitRow{
			Run: cell{Kind: "number", Text: v.text("run_id"), Link: pageLink(p.Raw, run)}, Here: run == p.Run,
			At: cellOf("fetched_at", v["fetched_at"], 0), Outcome: cellOf("outcome", v["outcome"], 0), Status: cellOf("status", v["status"], 0),
			Title: visible(v.text("title")), Took: cellOf("total_ms", v["total_ms"], 0),
		}
		if i+1 < len(visits) {
			before := visits[i+1]
			h.Same = v["body_sha256"] != nil && v["body_sha256"] == before["body_sha256"]
			h.TitleNew = v.text("title") != before.text("title")
			h.StatusNew = v.text("status") != before.text("status")
		}
		p.History = append(p.History, h)
	}
}

// addChain follows the redirects from the page.
func (s *Server) addChain(ctx context.Context, p *pagePage, from row) error {
	if from.text("redirect_to") == "" {
		return nil
	}
	seen := map[string]bool{}
	for at := from; at != nil && len(p.Chain) <= maxHops && !seen[at.text("url")]; {
		seen[at.text("url")] = true
		p.Chain = append(p.Chain, hop{cellOf("url", at["url"], p.Run), cellOf("status", at["status"], p.Run)})
		next := at.text("redirect_to")
		if next == "" {
			return nil
		}
		rows, err := s.rows(ctx, store.Listing{
			Selection: store.Selection{View: "pages_history", Columns: []string{"url", "status", "redirect_to", "run_id"}, Where: visitOf(next, p.Run)},
			Sort:      "run_id", Rows: 1,
		})
		if err != nil {
			return err
		}
		if at = pick(rows, 0); at == nil {
			p.Chain = append(p.Chain, hop{urlCell(next, p.Run), cell{Kind: "null", Text: "not asked"}})
		}
	}
	return nil
}

// addLinks reads some of the links to the page and from it.
func (s *Server) addLinks(ctx context.Context, p *pagePage) (err error) {
	if p.Inlinks, err = s.linkRows(ctx, p, "target_url", "source_url"); err != nil {
		return err
	}
	for i := range p.Inlinks.Rows {
		p.Inlinks.Rows[i].Status = cell{} // it is that of this page
	}
	p.Outlinks, err = s.linkRows(ctx, p, "source_url", "target_url")
	return err
}

// addPageIssues shows what rules say of the page.
func (s *Server) addPageIssues(ctx context.Context, p *pagePage) error {
	issues, err := analyze.OfPage(ctx, s.File, p.Run, p.Raw)
	for _, i := range issues {
		i.Evidence = report.Example{Evidence: i.Evidence}.InWords()
		p.Issues = append(p.Issues, issueRow{i, severityBadge(string(i.Severity)), stateBadge(string(i.State))})
	}
	return err
}

func (s *Server) linkRows(ctx context.Context, p *pagePage, here, other string) (linkList, error) {
	rows, err := s.rows(ctx, store.Listing{
		Selection: store.Selection{View: "links_history", Where: []store.Filter{
			{Column: here, Value: p.Raw}, {Column: "run_id", Value: strconv.FormatInt(p.Run, 10)},
		}},
		Sort: "run_id", Rows: shownLinks,
	})
	if errors.Is(err, store.ErrTooSlow) {
		return linkList{Late: true}, nil // the whole list, which the page points to, pauses and goes on
	}
	links := make([]linkRow, len(rows))
	for i, r := range rows {
		links[i] = linkRow{
			URL: cellOf(other, r[other], p.Run), Status: cellOf("target_status", r["target_status"], 0),
			Anchor: visible(end(r.text("anchor"), 80)), Kind: r.text("kind"), Position: r.text("position"), Nofollow: r.number("nofollow") == 1,
		}
	}
	return linkList{Rows: links}, err
}

// addSource shows the beginning of the stored body, where it is text.
func (s *Server) addSource(ctx context.Context, p *pagePage) error {
	content, err := s.File.Content(ctx, p.Run, p.Raw)
	if errors.Is(err, store.ErrNoBody) {
		return nil
	}
	if err != nil {
		return err
	}
	body := content.Body
	p.SourceURL = "/page/source?" + url.Values{"url": {p.Raw}, "run_id": {strconv.FormatInt(p.Run, 10)}}.Encode()
	if p.SourceCut = len(body) > shownSource; p.SourceCut {
		body = body[:shownSource]
	}
	if strings.IndexByte(string(body), 0) < 0 {
		p.Source = visible(strings.ToValidUTF8(string(body), "\uFFFD"))
	}
	return nil
}

// source gives the stored body away as a file of plain text, which no browser renders.
func (s *Server) source(c echo.Context) error {
	target, run, err := pageParams(c)
	if err != nil {
		return err
	}
	content, err := s.File.Content(c.Request().Context(), run, target)
	if errors.Is(err, store.ErrNoBody) {
		return echo.NewHTTPError(http.StatusNotFound, "The body of this page was not kept.")
	}
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", `attachment; filename="source.txt"`)
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", content.Body)
}
