package pipeline

import (
	"context"
	"errors"
	"fmt"

	"sonde"
	"sonde/crawler"
)

// ErrGoingOn is the error of asking for a run of a site that has one going on or
// waiting, or of removing what such a run needs.
var ErrGoingOn = errors.New("a run of the site is going on or waits")

// ErrNotGoingOn is the error of stopping a run that does not go on.
var ErrNotGoingOn = errors.New("the run does not go on")

// ErrNothingLeft is the error of going on with a run that visited all there was.
var ErrNothingLeft = errors.New("nothing is left to do")

// errStopped is why a run ended that somebody stopped.
var errStopped = errors.New("somebody stopped it")

// Start asks for a run of a site now. It begins when there is room for it.
func (l *Loop) Start(ctx context.Context, site string) (sonde.Slot, error) {
	return l.ask(ctx, sonde.Slot{Site: site})
}

// Resume asks for a run that ended before all was visited to go on. It may be asked for as
// soon as the run is recorded, and then waits for its analysis to end.
func (l *Loop) Resume(ctx context.Context, run int64) (sonde.Slot, error) {
	ended, err := l.file.Run(ctx, run)
	if err != nil {
		return sonde.Slot{}, err
	}
	if ended.Status == sonde.Running {
		return sonde.Slot{}, fmt.Errorf("run %d: %w", run, ErrGoingOn)
	}
	if !ended.Status.Resumable() {
		return sonde.Slot{}, fmt.Errorf("run %d is %s: %w", run, ended.Status, ErrNothingLeft)
	}
	return l.ask(ctx, sonde.Slot{Site: ended.Site.Name, Run: run})
}

func (l *Loop) ask(ctx context.Context, slot sonde.Slot) (sonde.Slot, error) {
	if err := l.idle(ctx, slot); err != nil {
		return slot, err
	}
	slot.For = l.clock().UTC()
	slot.BeginsAt, slot.State = slot.For, sonde.SlotWaiting
	slot, err := l.file.AddSlot(slot)
	l.nudge()
	return slot, err
}

// idle says ErrGoingOn where the site of a slot has a run that goes on or waits. The one
// that the slot is to go on with does not count: it ended, but for its analysis.
func (l *Loop) idle(ctx context.Context, wanted sonde.Slot) error {
	open, err := l.file.OpenSlots(ctx)
	if err != nil {
		return err
	}
	for _, slot := range open {
		ending := wanted.Run != 0 && slot.Run == wanted.Run && slot.State == sonde.SlotRunning
		if slot.Site == wanted.Site && !ending {
			return fmt.Errorf("%s: %w", wanted.Site, ErrGoingOn)
		}
	}
	return nil
}

// Stop tells a run to end: what is on its way is recorded, and it can be resumed. The
// error is [ErrNotGoingOn] when it does not go on.
func (l *Loop) Stop(run int64) error {
	if !l.end(run, errStopped) {
		return fmt.Errorf("run %d: %w", run, ErrNotGoingOn)
	}
	return nil
}

// Standing tells how the runs that go on stand, the oldest first.
func (l *Loop) Standing() []sonde.Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []sonde.Standing
	for _, e := range l.going {
		if e.pending == nil {
			continue
		}
		now := e.progress.Snapshot()
		all = append(all, sonde.Standing{
			Run: e.run, Fetched: now.Fetched, Failures: now.Failures, Bytes: now.Bytes, InFlight: now.InFlight,
			Pending: e.pending(), Rate: now.Rate, Host: now.Host, Stopping: e.ended,
			Statuses: now.Statuses, Recent: now.Recent, Course: now.Course,
		})
	}
	return all
}

// Crawl makes a run now, as [Crawl] does, as one of those of the loop: it stands among
// them and can be stopped, and no other begins on its hosts.
func (l *Loop) Crawl(ctx context.Context, o Order) (Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if o.Progress == nil {
		o.Progress = new(crawler.Progress)
	}
	e := &execution{site: o.Site, progress: o.Progress, stop: stop}
	begun := o.Begun
	o.Begun = func(run sonde.Run, pending func() int64) {
		e.begin(l, run, pending)
		if begun != nil {
			begun(run, pending)
		}
	}
	l.prepare(&o)
	l.enter(e)
	defer l.leave(e)
	return l.crawl(ctx, o)
}

// SaveSchedule plans a schedule and keeps it, new where it has no number.
func (l *Loop) SaveSchedule(s sonde.Schedule) (sonde.Schedule, error) {
	s, err := Plan(s, l.clock())
	if err != nil {
		return s, err
	}
	s, err = l.file.SaveSchedule(s)
	l.nudge()
	return s, err
}

// PauseSchedule has a schedule rest, or come again from now on: what it would have
// brought meanwhile does not come.
func (l *Loop) PauseSchedule(ctx context.Context, id int64, paused bool) error {
	s, err := l.file.Schedule(ctx, id)
	if err != nil {
		return err
	}
	s.Paused = paused
	_, err = l.SaveSchedule(s)
	return err
}

// RemoveSchedule takes a schedule away. What it brought stays.
func (l *Loop) RemoveSchedule(id int64) error {
	return l.file.RemoveSchedule(id)
}
