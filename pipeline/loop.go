package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sonde"
	"sonde/analyze"
	"sonde/crawler"
	"sonde/store"
)

// A Loop makes the runs that schedules bring and people ask for. What it is to do is
// rows of the file (see [sonde.Slot]): it looks for those that have come, begins their
// runs, and writes down what became of them. A process that dies leaves rows from which
// the next one goes on.
type Loop struct {
	file    *store.File
	maxRuns int
	log     *slog.Logger
	clock   func() time.Time
	prepare func(*Order)
	crawl   func(context.Context, Order) (Result, error)
	tick    time.Duration // the longest that it sleeps: a clock that is set shows by then

	poke chan struct{} // holds a token when there may be something to do at once
	runs sync.WaitGroup

	mu    sync.Mutex
	going []*execution
}

// LoopConfig says how a loop works. File is required.
type LoopConfig struct {
	File    *store.File
	MaxRuns int              // runs at once; 0: DefaultMaxRuns
	Log     *slog.Logger     // nil: silence
	Clock   func() time.Time // nil: time.Now

	// Prepare gives an order what is never stored: the guard, credentials. Nil: nothing.
	Prepare func(*Order)
}

// DefaultMaxRuns is how many runs go on at once.
const DefaultMaxRuns = 2

// execution is a run that goes on.
type execution struct {
	slot     sonde.Slot
	site     sonde.Site
	progress *crawler.Progress
	stop     context.CancelCauseFunc

	run     sonde.Run    // the zero Run until it has begun
	pending func() int64 // nil until it has begun
	ended   bool         // somebody told it to end for good
}

// NewLoop makes a loop. [Loop.Run] sets it going.
func NewLoop(config LoopConfig) *Loop {
	l := &Loop{
		file: config.File, maxRuns: config.MaxRuns, log: config.Log, clock: config.Clock, prepare: config.Prepare,
		crawl: Crawl, tick: time.Minute, poke: make(chan struct{}, 1),
	}
	if l.maxRuns == 0 {
		l.maxRuns = DefaultMaxRuns
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.clock == nil {
		l.clock = time.Now
	}
	if l.prepare == nil {
		l.prepare = func(*Order) {}
	}
	return l
}

// Run makes runs until ctx ends, and then waits until those that go on are recorded;
// they are gone on with by the next loop. The error is for a file that cannot be read or
// written.
func (l *Loop) Run(ctx context.Context) error {
	defer l.runs.Wait()
	if err := l.takeUp(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	l.runs.Go(func() { l.catchUp(ctx) })
	for {
		until, err := l.turn(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		timer := time.NewTimer(min(max(until, 0), l.tick))
		select {
		case <-timer.C:
		case <-l.poke:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// nudge has the loop look at once whether there is something to do.
func (l *Loop) nudge() {
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

// takeUp readies what a process left behind: runs that a crash cut or the end of that
// process stopped go on, once each where it was a crash.
func (l *Loop) takeUp(ctx context.Context) error {
	slots, err := l.file.OpenSlots(ctx)
	if err != nil {
		return err
	}
	for _, slot := range slots {
		if slot.State != sonde.SlotRunning {
			continue
		}
		state, reason := sonde.SlotWaiting, "goes on: the process that made it ended"
		run, err := l.file.Run(ctx, slot.Run)
		switch {
		case errors.Is(err, store.ErrNoRun):
		case err != nil:
			return err
		case !run.Status.Resumable() || run.Status == sonde.Partial || run.Status == sonde.Failed:
			state, reason = sonde.SlotDone, ""
		case run.Status == sonde.Interrupted && slot.Resumed:
			state, reason = sonde.SlotDone, "a crash cut it twice: it is not gone on with by itself"
		}
		if err := l.file.SetSlot(slot.ID, state, reason); err != nil {
			return err
		}
	}
	return nil
}

// catchUp analyses the runs whose analysis a process that died did not get to: they have no
// issues, and the file no index of its links.
func (l *Loop) catchUp(ctx context.Context) {
	missed, err := analyze.Missed(ctx, l.file)
	for i := 0; err == nil && i < len(missed); i++ {
		err = l.analyseAgain(ctx, missed[i])
	}
	if err != nil && ctx.Err() == nil {
		l.log.Error("a run that was not analysed when it ended cannot be", "error", err)
	}
}

func (l *Loop) analyseAgain(ctx context.Context, run int64) error {
	left, err := l.file.Run(ctx, run)
	if err != nil {
		return err
	}
	order := Order{File: l.file, Site: left.Site}
	l.prepare(&order)
	if _, err := order.analyse(ctx, run); err != nil || ctx.Err() != nil {
		return err
	}
	l.log.Info("a run was analysed that was not when it ended", "site", left.Site.Name, "run", run)
	return nil
}

// turn does what has come, and tells how long until the next slot.
func (l *Loop) turn(ctx context.Context) (time.Duration, error) {
	until := l.tick
	schedules, err := l.file.Schedules(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range schedules {
		if s.Paused {
			continue
		}
		if s, err = l.advance(ctx, s); err != nil {
			return 0, err
		}
		if !s.NextAt.IsZero() {
			until = min(until, s.NextAt.Sub(l.clock()))
		}
	}
	return until, l.begin(ctx)
}

// advance writes down the slots of a schedule that have come.
func (l *Loop) advance(ctx context.Context, s sonde.Schedule) (sonde.Schedule, error) {
	moved, slots, err := come(s, l.clock())
	if err != nil {
		l.log.Error("a schedule cannot be read", "site", s.Site, "error", err)
		return s, nil
	}
	if moved.NextSlot.Equal(s.NextSlot) {
		return s, nil
	}
	if len(slots) > 0 && slots[len(slots)-1].State == sonde.SlotWaiting {
		if err := l.settleOverlap(ctx, s, &slots[len(slots)-1]); err != nil {
			return s, err
		}
	}
	for _, slot := range slots {
		l.log.Info("a slot has come", "site", slot.Site, "slot", slot.For, "state", slot.State, "reason", slot.Reason)
	}
	return moved, l.file.MoveOn(moved, slots)
}

// settleOverlap decides about a slot that comes while another run of its site goes on
// or waits.
func (l *Loop) settleOverlap(ctx context.Context, s sonde.Schedule, slot *sonde.Slot) error {
	open, err := l.file.OpenSlots(ctx)
	if err != nil {
		return err
	}
	for _, other := range open {
		if other.Site != s.Site {
			continue
		}
		waits := other.State == sonde.SlotWaiting
		switch {
		case s.Overlap == sonde.OverlapReplace && waits:
			err = l.file.SetSlot(other.ID, sonde.SlotSkipped, "replaced by the slot of "+inUTC(slot.For))
		case s.Overlap == sonde.OverlapReplace:
			l.end(other.Run, fmt.Errorf("replaced by the slot of %s", inUTC(slot.For)))
		case waits:
			slot.State, slot.Reason = sonde.SlotSkipped, "another run of the site was waiting"
		case s.Overlap == sonde.OverlapSkip:
			slot.State, slot.Reason = sonde.SlotSkipped, fmt.Sprintf("run %d of the site was going on", other.Run)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func inUTC(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// begin starts the runs of waiting slots that may: so many at once, never two on one
// host.
func (l *Loop) begin(ctx context.Context) error {
	open, err := l.file.OpenSlots(ctx)
	if err != nil {
		return err
	}
	for _, slot := range open {
		if slot.State != sonde.SlotWaiting || slot.BeginsAt.After(l.clock()) {
			continue
		}
		site, err := l.file.Site(ctx, slot.Site)
		if err != nil {
			return err
		}
		if l.hasRoomFor(site) {
			if err := l.execute(ctx, slot, site); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *Loop) hasRoomFor(site sonde.Site) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	busy := slices.ContainsFunc(l.going, func(e *execution) bool { return shareHost(e.site, site) })
	return len(l.going) < l.maxRuns && !busy
}

// execute begins the run of a slot.
func (l *Loop) execute(ctx context.Context, slot sonde.Slot, site sonde.Site) error {
	order := Order{File: l.file, Site: site, Slot: slot.ID, Log: l.log, Progress: new(crawler.Progress)}
	if slot.Run != 0 {
		run, err := l.file.Run(ctx, slot.Run)
		if err != nil {
			return err
		}
		order.Site, order.Resume = run.Site, &run
	}
	l.prepare(&order)
	running, stop := context.WithCancelCause(ctx)
	e := &execution{slot: slot, site: site, progress: order.Progress, stop: stop}
	order.Begun = func(run sonde.Run, pending func() int64) { e.begin(l, run, pending) }
	l.enter(e)
	l.runs.Go(func() {
		defer stop(nil)
		result, err := l.crawl(running, order)
		if err == nil {
			l.log.Info("a run has ended", "site", e.site.Name, "run", result.Run.ID, "status", result.Ending.Status, "pages", result.Run.Counts.Pages)
		}
		l.over(e, err)
	})
	return nil
}

// over writes down that a run has ended, where the run itself has not.
func (l *Loop) over(e *execution, err error) {
	defer l.nudge()
	reason := ""
	if err != nil {
		l.log.Error("a run failed", "site", e.site.Name, "run", e.run.ID, "error", err)
		reason = err.Error()
	}
	l.mu.Lock()
	last := e.ended || err != nil && e.run.ID == 0
	l.mu.Unlock()
	if last {
		err := errors.Join(l.file.SetSlot(e.slot.ID, sonde.SlotDone, reason), l.file.EndSlots(e.run.ID))
		if err != nil {
			l.log.Error("what became of a slot cannot be written", "slot", e.slot.ID, "error", err)
		}
	}
	l.leave(e)
}

// begin notes that a run has begun.
func (e *execution) begin(l *Loop, run sonde.Run, pending func() int64) {
	l.log.Info("a run begins", "site", e.site.Name, "run", run.ID, "trigger", run.Trigger)
	l.mu.Lock()
	defer l.mu.Unlock()
	e.run, e.pending = run, pending
}

// enter puts a run among those that go on.
func (l *Loop) enter(e *execution) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.going = append(l.going, e)
}

// leave takes a run from those that go on.
func (l *Loop) leave(e *execution) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.going = slices.DeleteFunc(l.going, func(other *execution) bool { return other == e })
}

// end tells a run to end for good. It reports whether it goes on.
func (l *Loop) end(run int64, cause error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.going {
		if e.run.ID == run && run != 0 {
			e.ended = true
			e.stop(cause)
			return true
		}
	}
	return false
}
