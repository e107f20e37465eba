package dashboard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
)

// How often a page that is watched is told how a run stands, and how often that the
// connection lives where nothing changed.
const (
	tellEvery = 400 * time.Millisecond
	pingEvery = 15 * time.Second
)

// news is what a page is told: how runs stand, in the words that it shows.
type news struct {
	Runs []liveRun `json:"runs"`
}

// liveRun is a run in [news].
type liveRun struct {
	Run      int64       `json:"run"`
	Fetched  string      `json:"fetched"`
	Pending  string      `json:"pending"`
	Failures string      `json:"failures"`
	Bytes    string      `json:"bytes"`
	Rate     string      `json:"rate"`
	Took     string      `json:"took"`
	Done     int64       `json:"done"` // of those known, in percent
	Statuses []int64     `json:"statuses"`
	Recent   []liveVisit `json:"recent"`
	Course   *course     `json:"course,omitempty"` // where one run is watched
}

// liveVisit is one of the last visits.
type liveVisit struct {
	At     string `json:"at"`
	Text   string `json:"text"`
	Host   string `json:"host"`
	Link   string `json:"link"`
	Result string `json:"result"`
	Tone   string `json:"tone"`
	Took   string `json:"took"`
}

func liveOf(p sonde.Standing, now time.Time) liveRun {
	l := liveRun{
		Run: p.Run.ID, Fetched: sonde.Thousands(p.Fetched), Pending: sonde.Thousands(p.Pending), Failures: sonde.Thousands(p.Failures),
		Bytes: sonde.InBytes(p.Bytes), Rate: fmt.Sprintf("%.1f", p.Rate), Took: sonde.InTime(now.Sub(p.Run.StartedAt)),
		Statuses: p.Statuses[:], Recent: []liveVisit{},
	}
	if all := p.Fetched + p.Pending + p.InFlight; all > 0 {
		l.Done = 100 * p.Fetched / all
	}
	for _, r := range p.Recent {
		l.Recent = append(l.Recent, liveVisitOf(r, p.Run.ID))
	}
	return l
}

func liveVisitOf(r sonde.Recent, run int64) liveVisit {
	shown, b := urlCell(r.URL, run), outcomeBadge(string(r.Outcome))
	if r.Status != 0 {
		b = codeBadge(strconv.Itoa(r.Status), r.Status)
	}
	return liveVisit{
		At: r.At.UTC().Format(time.RFC3339Nano), Text: shown.Text, Host: shown.Host, Link: shown.Link,
		Result: b.Text, Tone: b.Tone, Took: inMilliseconds(float64(r.Took.Milliseconds())),
	}
}

// events streams how the runs stand that go on, or one of them (server-sent events).
// Every message is all there is to say, so that a page that lost the connection is up
// to date with the next. The stream ends with an event "over" when what it tells of
// has ended.
func (s *Server) events(c echo.Context) error {
	only, err := watched(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
	control := http.NewResponseController(c.Response())
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	last, quiet := "", time.Now()
	for number := resumed(c) + 1; ; {
		message, going := s.news(only, time.Now())
		switch {
		case !going:
			return write(c, control, fmt.Sprintf("event: over\nid: %d\ndata: {}\n\n", number))
		case message != last:
			err = write(c, control, fmt.Sprintf("event: progress\nid: %d\ndata: %s\n\n", number, message))
			last, quiet = message, time.Now()
			number++
		case time.Since(quiet) >= pingEvery:
			err = write(c, control, ": ping\n\n")
			quiet = time.Now()
		}
		if err != nil {
			return nil // the reader has gone
		}
		select {
		case <-tick.C:
		case <-c.Request().Context().Done():
			return nil
		}
	}
}

// watched is the run that a stream is of, 0 for all.
func watched(c echo.Context) (int64, error) {
	text := c.QueryParam("run")
	if text == "" {
		return 0, nil
	}
	run, err := strconv.ParseInt(text, 10, 64)
	if err != nil || run < 1 {
		return 0, badRequest("run takes the number of a run, not %q.", text)
	}
	return run, nil
}

// resumed is the number of the message that a reader who comes back got last.
func resumed(c echo.Context) int64 {
	last, _ := strconv.ParseInt(c.Request().Header.Get("Last-Event-ID"), 10, 64) // none: from the beginning
	return max(last, 0)
}

// news is how runs stand, and whether any of them goes on.
func (s *Server) news(only int64, now time.Time) (message string, going bool) {
	n := news{Runs: []liveRun{}}
	for _, p := range s.standing() {
		if only != 0 && p.Run.ID != only {
			continue
		}
		l := liveOf(p, now)
		if only != 0 {
			l.Course = liveCourse(p.Course)
		}
		n.Runs = append(n.Runs, l)
	}
	b, err := json.Marshal(n)
	if err != nil {
		s.Log.Error("the progress of runs could not be told", "error", err)
	}
	return string(b), len(n.Runs) > 0
}

func write(c echo.Context, control *http.ResponseController, text string) error {
	if _, err := c.Response().Write([]byte(text)); err != nil {
		return err
	}
	return control.Flush()
}
