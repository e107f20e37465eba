package gate

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"sonde"
)

// The numbers of the law; the package comment says what they do.
const (
	window    = 20                     // answers between two steps
	tolerated = window / 5             // errors in a window that change nothing
	overslow  = 4                      // times the best latency that count as slow …
	slowFrom  = 500 * time.Millisecond // … from here on
	lowest    = 1.0 / 16               // share, where PerHost alone does not ask for less
	steepest  = 1.0 / 8                // step of recovery, where PerHost alone allows more

	firstPenalty = time.Second
	lastPenalty  = 10 * time.Minute // without jitter; 15 min with it

	breakAfter = 10               // failures in a row that stop an origin
	firstBreak = 30 * time.Second // for so long, and twice as long each time
	parkAfter  = breakAfter + 2   // failures in a row that park it: two tries failed
)

// untilLeave is a wait of unknown length: until a request comes back.
const untilLeave = time.Duration(math.MaxInt64)

// law is [Limits] made ready for use.
type law struct {
	perHost float64
	every   time.Duration // between two starts at full share
	floor   float64       // the lowest share
	step    float64       // of recovery
}

func newLaw(l Limits) law {
	perHost := max(1, float64(l.PerHost))
	every := time.Duration(0)
	if l.Rate > 0 {
		every = time.Duration(min(math.Ceil(float64(time.Second)/l.Rate), float64(longest)))
	}
	return law{perHost: perHost, every: every, floor: min(1/perHost, lowest), step: min(1/perHost, steepest)}
}

// host is the state of one origin. Times are readings of the gate's clock.
type host struct {
	origin  string
	line    []*waiter // in the order of arrival
	at      *address  // nil: not known
	located bool      // nobody need be asked for at

	last      time.Duration // start of the last turn, or of its request
	started   time.Duration // start of the last request; 0 before the first
	notBefore time.Duration // no start before: a complaint or the breaker
	why       string        // reason of notBefore
	every     time.Duration // Crawl-delay

	share    float64       // of the limits, at most 1
	penalty  time.Duration // what the last complaint cost, without jitter
	latency  time.Duration // smoothed
	best     time.Duration // latency at its lowest; 0 before the first full window
	inFlight int
	failures int    // in a row
	lesson   uint32 // counts the changes that what was on its way then has no say in
	answers  uint8  // in this window
	errors   uint8  // in this window
	parked   bool   // for the rest of the run

	complaints int           // in all
	stopped    time.Duration // in all, without what is still to come
}

// waiter is a call of Enter that stands in the line of an origin.
type waiter struct {
	host *host
	look chan struct{} // holds a token when the first in the line is to look again
}

// nudge makes the first in the line look again whether its turn has come.
func (h *host) nudge() {
	if len(h.line) == 0 {
		return
	}
	select {
	case h.line[0].look <- struct{}{}:
	default:
	}
}

func (h *host) depart(w *waiter) {
	i := slices.Index(h.line, w)
	h.line = slices.Delete(h.line, i, i+1)
	if len(h.line) == 0 {
		h.line = nil
	}
}

// limit is how many requests may be on their way at once.
func (h *host) limit(l *law) int {
	if h.every > 0 || h.broken() {
		return 1
	}
	return h.stands(l)
}

// stands is how many requests at once the origin has shown to stand.
func (h *host) stands(l *law) int {
	return max(1, int(math.Round(h.share*l.perHost)))
}

// next is the earliest start of the next request.
func (h *host) next(l *law) time.Duration {
	return max(h.notBefore, h.last+h.apart(l))
}

// apart is the least time between the starts of two requests.
func (h *host) apart(l *law) time.Duration {
	return max(min(time.Duration(float64(l.every)/h.share), longest), h.every)
}

// asked is the earliest start that the origin itself asks for. Our own pace is no
// reason to lose patience.
func (h *host) asked() time.Duration {
	if h.every == 0 {
		return h.notBefore
	}
	return max(h.notBefore, h.last+h.every)
}

// reason says in words what asked rests on.
func (h *host) reason() string {
	if h.asked() > h.notBefore {
		return fmt.Sprintf("its robots.txt asks for %v between two requests", h.every)
	}
	return h.why
}

func (h *host) slowed(now time.Duration) bool {
	return h.share < 1 || h.every > 0 || h.notBefore > now || h.broken()
}

// broken reports whether requests failed so often in a row that one at a time may try.
func (h *host) broken() bool { return h.failures >= breakAfter }

// learn draws the conclusions from an answer. It is fresh when its request began
// after the last lesson.
func (h *host) learn(l *law, a Answer, fresh bool, now time.Duration) {
	if a.empty() {
		return
	}
	h.smooth(a)
	if a.complaint() {
		h.complained(l, a, fresh, now)
	} else if fresh {
		h.count(l, a.bad())
	}
	h.tally(l, a, fresh, now)
}

// smooth takes the time of an answer into account.
func (h *host) smooth(a Answer) {
	switch {
	case a.Status == 0 || a.Latency <= 0:
	case h.latency == 0:
		h.latency = a.Latency
	default:
		h.latency += (a.Latency - h.latency) / 8
	}
}

// complained stops the origin for as long as it asks, or for twice as long as the
// last time.
func (h *host) complained(l *law, a Answer, fresh bool, now time.Duration) {
	h.complaints++
	if wait := a.wait(); wait > 0 {
		h.stop(now, now+wait, fmt.Sprintf("it answered %d and asked to wait for %v", a.Status, wait))
		h.penalty = wait
	} else if fresh {
		h.penalty = min(max(2*h.penalty, firstPenalty), lastPenalty)
		h.stop(now, now+h.penalty+h.jitter(), fmt.Sprintf("it answered %d and did not say how long to wait", a.Status))
	}
	if fresh {
		h.halve(l)
	}
}

// jitter is up to half of the penalty, the same for the same origin and penalty.
func (h *host) jitter() time.Duration {
	sum := fnv.New32a()
	fmt.Fprint(sum, h.origin, h.penalty)
	return time.Duration(float64(h.penalty) / 2 * float64(sum.Sum32()) / (1 << 32))
}

// stop lets no request start before until. It never shortens a stop.
func (h *host) stop(now, until time.Duration, why string) {
	if until > h.notBefore {
		h.stopped += until - max(now, h.notBefore)
		h.notBefore, h.why = until, why
	}
}

// slowdown is how much the origin slowed us down up to now.
func (h *host) slowdown(now time.Duration) sonde.Slowdown {
	ahead := max(h.notBefore-now, 0)
	return sonde.Slowdown{Origin: h.origin, Complaints: h.complaints, Stopped: max(h.stopped-ahead, 0), Parked: h.parked}
}

// count counts an answer in the window, and takes the step at its end.
func (h *host) count(l *law, bad bool) {
	h.answers++
	if bad {
		h.errors++
	}
	switch {
	case h.errors > tolerated:
		h.halve(l)
	case h.answers == window:
		h.step(l)
	}
}

// step goes faster, unless the origin has become slow. Slower it goes only while
// that can help: what a single request waits for is not our doing.
func (h *host) step(l *law) {
	h.answers, h.errors = 0, 0
	slow := h.overslow()
	switch {
	case slow && h.limit(l) > 1:
		h.halve(l)
	case !slow:
		h.share = min(1, h.share+l.step)
		h.penalty = h.penalty / 2
	}
}

// overslow compares the smoothed latency with the best, and brings that up to date.
func (h *host) overslow() bool {
	if h.best == 0 || h.latency < h.best {
		h.best = h.latency
	}
	slow := h.latency > slowFrom && h.latency > overslow*h.best
	h.best += (h.latency - h.best) / 64
	return slow
}

// halve goes half as fast, and begins a new window with the requests to come.
func (h *host) halve(l *law) {
	h.share = max(h.share/2, l.floor)
	h.answers, h.errors = 0, 0
	h.lesson++
}

// tally keeps the row of failures. A stale complaint repeats a fresh one, and once
// the breaker is open only the request that tries counts.
func (h *host) tally(l *law, a Answer, fresh bool, now time.Duration) {
	complaint := a.complaint()
	if !fresh && (complaint || h.broken()) {
		return
	}
	switch {
	case complaint || a.silence():
		h.failures++
		if h.broken() {
			h.breakOff(l, a, now)
		}
	case !a.bad():
		h.failures = 0
	}
}

// breakOff stops the origin, for longer each time, until it is parked.
func (h *host) breakOff(l *law, a Answer, now time.Duration) {
	h.parked = h.failures >= parkAfter
	h.halve(l)
	h.share = min(h.share, 1/l.perHost)
	h.stop(now, now+firstBreak<<(min(h.failures, parkAfter)-breakAfter), "")
	h.why = fmt.Sprintf("%d requests in a row failed, the last with %s", h.failures, a.says())
}

// pace is what to remember, but for the time of notBefore.
func (h *host) pace(l *law) sonde.Pace {
	p := sonde.Pace{Penalty: h.penalty, Failures: h.failures, Latency: h.latency, LatencyBest: h.best}
	if h.share < 1 {
		p.Limit = h.stands(l)
	}
	return p
}

// recall takes over what was remembered, as far as it can be true.
func (h *host) recall(l *law, p sonde.Pace, now, notBefore time.Duration) {
	if p.Limit > 0 {
		h.share = min(1, float64(p.Limit)/l.perHost)
	}
	h.penalty = min(max(p.Penalty, 0), longest)
	h.failures = min(max(p.Failures, 0), parkAfter)
	h.latency = min(max(p.Latency, 0), longest)
	h.best = min(max(p.LatencyBest, 0), longest)
	h.stop(now, notBefore, "it asked for that, or did not answer, when it was last asked")
}
