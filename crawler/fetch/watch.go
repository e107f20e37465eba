package fetch

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sonde"
)

// A watch ends one exchange when it takes too long: waiting for the header, between
// two reads of the body, by a body that drips, or in all. It is one timer that
// looks at what happened since, so that reading costs no timer.
type watch struct {
	limits sonde.Timeouts
	host   string
	start  time.Time
	cancel context.CancelCauseFunc

	phase    atomic.Int32
	since    atomic.Int64 // when the phase began, or the body moved last; from start
	received atomic.Int64 // bytes of the body

	mu     sync.Mutex
	timer  *time.Timer
	ended  bool
	window window
}

// The phases of an exchange.
const (
	connecting int32 = iota // the dialer has limits of its own
	waiting                 // for the header
	reading                 // the body
	holding                 // it back, until there is room for more
)

// A body that brings less than minRate bytes a second over a whole window is as
// good as one that stands still.
const minRate = 100

// A window is the stretch of time in which the rate of a body is measured.
type window struct {
	start time.Duration // from the start of the watch
	bytes int64         // received before it
}

// startWatch begins to watch; what passes a limit calls cancel with a *failure.
func startWatch(limits sonde.Timeouts, host string, cancel context.CancelCauseFunc) *watch {
	w := &watch{limits: limits, host: host, start: time.Now(), cancel: cancel}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.shortest(), w.look)
	return w
}

// enter begins a phase.
func (w *watch) enter(phase int32) {
	w.since.Store(int64(time.Since(w.start)))
	w.phase.Store(phase)
}

// got notes that n bytes of the body came.
func (w *watch) got(n int) {
	w.received.Add(int64(n))
	w.since.Store(int64(time.Since(w.start)))
}

// hurry leaves the exchange no more than d: nothing that is wanted is to come.
func (w *watch) hurry(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if end := time.Since(w.start) + d; !w.ended && end < w.limits.Total {
		w.limits.Total = end
		w.timer.Reset(d)
	}
}

// stop ends the watch.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.timer.Stop()
}

// look is what the timer calls: it ends the exchange, or looks again later.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	now := time.Since(w.start)
	if f := w.passed(now); f != nil {
		w.ended = true
		w.cancel(f)
		return
	}
	w.timer.Reset(min(w.next(now), w.shortest()))
}

// passed returns the failure that belongs to the first limit that has passed, or
// nil.
func (w *watch) passed(now time.Duration) *failure {
	phase, since := w.phase.Load(), time.Duration(w.since.Load())
	switch {
	case phase == waiting && now-since >= w.limits.FirstByte:
		return failed(sonde.HeaderTimeout, nil, "waiting for the answer of %s: no header within %s", w.host, w.limits.FirstByte)
	case phase == reading && now-since >= w.limits.Idle:
		return failed(sonde.BodyTimeout, nil, "reading the body from %s: nothing came for %s", w.host, w.limits.Idle)
	case now >= w.limits.Total:
		return failed(totalKind(phase), nil, "fetching from %s: not done within %s", w.host, w.limits.Total)
	case phase == holding:
		w.window = window{}
	case phase == reading && w.drips(now):
		return failed(sonde.BodyTimeout, nil, "reading the body from %s: less than %d bytes a second came in %s", w.host, minRate, w.rateWindow())
	}
	return nil
}

// totalKind is the failure of an exchange that ran out of time in a phase.
func totalKind(phase int32) sonde.Failure {
	switch phase {
	case connecting:
		return sonde.ConnectTimeout
	case waiting:
		return sonde.HeaderTimeout
	}
	return sonde.BodyTimeout
}

// drips closes the window when it is over, and reports whether too little came in it.
func (w *watch) drips(now time.Duration) bool {
	received := w.received.Load()
	if w.window.start == 0 {
		w.window = window{now, received}
		return false
	}
	if now-w.window.start < w.rateWindow() {
		return false
	}
	slow := float64(received-w.window.bytes) < minRate*(now-w.window.start).Seconds()
	w.window = window{now, received}
	return slow
}

// rateWindow is long enough that a pause which Idle permits is no drip.
func (w *watch) rateWindow() time.Duration { return 2 * w.limits.Idle }

// next is how long it takes from now until the next limit may pass.
func (w *watch) next(now time.Duration) time.Duration {
	next := w.limits.Total - now
	since := time.Duration(w.since.Load())
	switch w.phase.Load() {
	case waiting:
		next = min(next, since+w.limits.FirstByte-now)
	case reading:
		next = min(next, since+w.limits.Idle-now)
	}
	return max(next, time.Millisecond)
}

// shortest is the longest that the watch may look away: whatever phase begins
// meanwhile cannot have passed its limit before.
func (w *watch) shortest() time.Duration {
	return min(w.limits.FirstByte, w.limits.Idle, w.limits.Total)
}
