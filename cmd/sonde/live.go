package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"sonde"

	"sonde/crawler"
)

const (
	redrawEvery = 200 * time.Millisecond // the line on a terminal
	repeatEvery = 30 * time.Second       // the line everywhere else
	clearLine   = "\r\x1b[K"
)

// A standing is how a run stands at one moment.
type standing struct {
	crawler.Snapshot
	Pending int64  // targets that wait, those that are handed out left aside
	Stage   string // what goes on now that the crawl is over; "" before
}

// live shows on standard error how a run goes on: on a terminal one line that is
// drawn again and again, elsewhere a plain line now and then.
type live struct {
	out     io.Writer
	columns func() int                 // of the terminal; 0: it is none
	line    func(now time.Time) string // what there is to show, in ASCII, so that bytes are columns
	silent  bool                       // nothing but notes

	mu    sync.Mutex
	drawn bool   // the line stands on the terminal
	noted string // the last note
}

// start begins to show. The function that it returns ends it, takes the line away
// and waits until that is done.
func (l *live) start(ctx context.Context) (end func()) {
	if l.silent {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.show(ctx)
	}()
	return func() {
		cancel()
		<-done
		l.note("")
	}
}

// show draws until ctx ends.
func (l *live) show(ctx context.Context) {
	every := redrawEvery
	if l.columns() == 0 {
		every = repeatEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.draw(time.Now())
		case <-ctx.Done():
			return
		}
	}
}

func (l *live) draw(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := l.line(now)
	if columns := l.columns(); columns > 0 {
		fmt.Fprint(l.out, clearLine, fit(line, columns-1))
		l.drawn = true
		return
	}
	fmt.Fprintln(l.out, line)
}

// note writes a line that stays, above the one that is drawn, unless it says what the
// last one said. An empty one only takes the drawn line away.
func (l *live) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drawn {
		fmt.Fprint(l.out, clearLine)
		l.drawn = false
	}
	if text != "" && text != l.noted {
		fmt.Fprintln(l.out, printable(text))
		l.noted = text
	}
}

// lineOf describes a run that stands as look says, with what its limits let foresee.
func lineOf(look func() standing, l limits) func(now time.Time) string {
	var ahead forecast
	return func(now time.Time) string {
		s := look()
		return describe(s, ahead.left(now, s, l))
	}
}

// describe puts a standing on one line, the most wanted first. left is how long it
// may still take, 0 where nobody knows.
func describe(s standing, left time.Duration) string {
	parts := []string{sonde.Thousands(s.Fetched) + " fetched"}
	if s.Rate > 0 {
		parts = append(parts, fmt.Sprintf("%.1f/s", s.Rate))
	}
	parts = append(parts, sonde.Thousands(s.Pending+s.Out)+" to go", sonde.Thousands(s.Failures)+" failed")
	if left > 0 {
		parts = append(parts, "about "+sonde.InTime(left)+" left")
	}
	switch {
	case s.Stage != "":
		parts = append(parts, ascii(s.Stage))
	case s.Host != "":
		parts = append(parts, ascii(s.Host))
	}
	return strings.Join(parts, "  ")
}

// fit cuts a line of ASCII to so many columns.
func fit(line string, columns int) string {
	if len(line) <= columns {
		return line
	}
	return line[:max(columns, 0)]
}

// ascii spells out what is not printable ASCII.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}

// limits are those that a run may meet. A zero is none.
type limits struct {
	pages int64
	until time.Time
}

// forecast tells how long a run may still take, from how what waits has changed over
// the last seconds.
type forecast struct {
	past []moment
}

type moment struct {
	at      time.Time
	pending int64
}

// The forecast looks back so far, and says nothing before it can.
const lookBack = 10 * time.Second

// left is how long it may still take, 0 where nobody knows: as long as more is found
// than is fetched, only a limit can tell.
func (f *forecast) left(now time.Time, s standing, l limits) time.Duration {
	pending := s.Pending + s.Out
	f.remember(moment{now, pending})
	first := f.past[0]
	passed := now.Sub(first.at)
	if passed < lookBack/2 {
		return 0
	}
	var left time.Duration
	sooner := func(d time.Duration) {
		if d > 0 && (left == 0 || d < left) {
			left = d
		}
	}
	if done := first.pending - pending; done > 0 {
		sooner(time.Duration(float64(passed) * float64(pending) / float64(done)))
	}
	if rest := l.pages - s.Fetched; l.pages > 0 && rest <= pending && s.Rate > 0 {
		sooner(time.Duration(float64(rest) / s.Rate * float64(time.Second)))
	}
	if !l.until.IsZero() && s.Rate > 0 {
		sooner(l.until.Sub(now))
	}
	return left
}

// remember adds a moment, at most one a second, and forgets those that are too old.
func (f *forecast) remember(m moment) {
	for len(f.past) > 1 && m.at.Sub(f.past[1].at) >= lookBack {
		f.past = f.past[1:]
	}
	if n := len(f.past); n == 0 || m.at.Sub(f.past[n-1].at) >= time.Second {
		f.past = append(f.past, m)
	}
}
