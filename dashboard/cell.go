package dashboard

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sonde"
	"sonde/analyze/report"
)

// cell is one value as a page shows it. The template cell.html has a way for each
// kind.
type cell struct {
	Kind string // text, number, url, time, badge, flag, null
	Text string // what is shown, shortened
	Full string // all of it, where Text is shortened; the machine's form of a time
	Link string // where it leads on this server; "": nowhere
	Tone string // of a badge: ok, warn, bad, info or none
	Icon string // of a badge
	Host string // of a URL: what is set dim before Text
	Out  string // of a URL: the URL itself, where it can be followed

	Right bool // it is set to the right, as numbers are
}

// row is a row of a view by the names of its columns.
type row map[string]any

func (r row) text(column string) string {
	if v := r[column]; v != nil {
		return plain(v)
	}
	return ""
}

func (r row) number(column string) int64 {
	switch v := r[column].(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return 0
}

// time reads an instant; zero for none.
func (r row) time(column string) time.Time {
	t, _ := time.Parse(time.RFC3339, r.text(column))
	return t
}

// plain writes a value as text.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []byte:
		return "0x" + hex.EncodeToString(v)
	}
	return fmt.Sprint(value)
}

// listColumns hold JSON arrays of short texts or numbers.
var listColumns = map[string]bool{"sites": true, "addresses": true, "open_ports": true, "sans": true}

// urlColumns hold URLs of the sites.
var urlColumns = []string{"url", "source_url", "target_url", "found_on", "redirect_to", "canonical", "original"}

// cellOf shows the value of a column. run is that of the row, where it has one.
func cellOf(column string, value any, run int64) cell {
	text := plain(value)
	if value == nil || listColumns[column] && len(listOf(text)) == 0 {
		return cell{Kind: "null", Text: "–", Right: numeric(column)}
	}
	switch {
	case slices.Contains(urlColumns, column):
		return urlCell(text, run)
	case column == "subject" && followable(text):
		return urlCell(text, run)
	case strings.HasSuffix(column, "_at") || strings.HasSuffix(column, "not_after") || strings.HasSuffix(column, "not_before"):
		return timeCell(text)
	case listColumns[column]:
		text = strings.Join(listOf(text), ", ")
	case column == "body_sha256":
		return cell{Kind: "text", Text: middle(text, 24), Full: text}
	case column == "evidence":
		text = report.Example{Evidence: text}.InWords()
	case badges[column] != nil:
		return badges[column](text)
	case flags[column]:
		return flagCell(text)
	}
	if n, isNumber := numberOf(value); isNumber {
		return numberCell(column, n, text)
	}
	c := cell{Kind: "text", Text: visible(end(text, 160)), Full: visible(text)}
	if c.Text == c.Full {
		c.Full = ""
	}
	c.Link = linkOf(column, text)
	return c
}

func numberOf(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func numberCell(column string, n float64, text string) cell {
	c := cell{Kind: "number", Text: text, Right: true}
	switch {
	case column == "id" || column == "run_id" || strings.HasSuffix(column, "_run_id") || column == "port":
		c.Link = linkOf(column, text)
	case column == "text_hash" || column == "simhash":
	case strings.HasSuffix(column, "bytes"):
		c.Text, c.Full = sonde.InBytes(int64(n)), sonde.Thousands(int64(n))+" bytes"
	case strings.HasSuffix(column, "_ms"):
		c.Text, c.Full = inMilliseconds(n), text+" ms"
	case n == float64(int64(n)):
		c.Text = sonde.Thousands(int64(n))
	}
	return c
}

// linkOf is the page of this dashboard that tells more of a value.
func linkOf(column, text string) string {
	switch column {
	case "run_id", "last_run_id", "previous_run_id":
		return "/runs/" + text
	case "host", "name":
		return "/hosts/" + url.PathEscape(text)
	case "site":
		return "/runs?site=" + url.QueryEscape(text)
	case "rule":
		return "/issues/" + url.PathEscape(text)
	}
	return ""
}

func urlCell(text string, run int64) cell {
	c := cell{Kind: "url", Full: visible(text)}
	c.Host, c.Text = shortURL(visible(text))
	if followable(text) {
		c.Link, c.Out = pageLink(text, run), text
	}
	return c
}

// pageLink is the page of a URL in a run; run 0: in the latest that knows it.
func pageLink(target string, run int64) string {
	link := "/page?url=" + url.QueryEscape(target)
	if run > 0 {
		link += "&run_id=" + strconv.FormatInt(run, 10)
	}
	return link
}

func timeCell(text string) cell {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return cell{Kind: "text", Text: visible(text)}
	}
	return timeOf(t)
}

// timeOf shows an instant, "–" for none.
func timeOf(t time.Time) cell {
	if t.IsZero() {
		return cell{Kind: "null", Text: "–"}
	}
	t = t.UTC()
	return cell{Kind: "time", Text: t.Format("2 Jan 2006 15:04 UTC"), Full: t.Format("2006-01-02T15:04:05.000Z")}
}

// flags are columns of 0 and 1.
var flags = map[string]bool{
	"internal": true, "nofollow": true, "indexable": true, "truncated": true, "in_sitemap": true,
	"not_modified": true, "current": true, "tls": true, "starttls": true, "paused": true,
}

func flagCell(text string) cell {
	if text == "0" {
		return cell{Kind: "flag", Text: "no"}
	}
	return cell{Kind: "flag", Text: "yes", Icon: "check"}
}

// badges are columns whose values have a tone.
var badges = map[string]func(text string) cell{
	"outcome":        outcomeBadge,
	"target_outcome": outcomeBadge,
	"status":         statusBadge,
	"target_status":  statusBadge,
	"severity":       severityBadge,
	"state":          stateBadge,
}

func badge(text, tone, icon string) cell {
	return cell{Kind: "badge", Text: visible(text), Tone: tone, Icon: icon}
}

// outcomeBadge shows a sonde.Outcome.
func outcomeBadge(text string) cell {
	label := strings.ReplaceAll(text, "_", " ")
	switch text {
	case "ok":
		return badge(label, "ok", "check")
	case "redirect":
		return badge(label, "info", "turn")
	case "excluded", "robots_blocked", "pending":
		return badge(label, "none", "minus")
	}
	return badge(label, "bad", "cross")
}

// statusBadge shows an HTTP status or the status of a run.
func statusBadge(text string) cell {
	if code, err := strconv.Atoi(text); err == nil {
		return codeBadge(text, code)
	}
	switch text {
	case "running":
		return badge(text, "info", "play")
	case "finished":
		return badge(text, "ok", "check")
	case "failed":
		return badge(text, "bad", "cross")
	}
	return badge(text, "warn", "pause")
}

func codeBadge(text string, code int) cell {
	switch {
	case code >= 400:
		return badge(text, "bad", "cross")
	case code >= 300 && code != http.StatusNotModified: // which is as well as 200
		return badge(text, "info", "turn")
	}
	return badge(text, "ok", "check")
}

func severityBadge(text string) cell {
	switch text {
	case "critical":
		return badge(text, "bad", "cross")
	case "high":
		return badge(text, "bad", "alert")
	case "medium":
		return badge(text, "warn", "alert")
	case "low":
		return badge(text, "none", "info")
	}
	return badge(text, "info", "info")
}

// stateBadge shows the state of a port or an issue.
func stateBadge(text string) cell {
	switch text {
	case "new", "regressed":
		return badge(text, "bad", "alert")
	case "ongoing":
		return badge(text, "warn", "alert")
	case "open", "fixed":
		return badge(text, "ok", "check")
	}
	return badge(text, "none", "minus")
}
