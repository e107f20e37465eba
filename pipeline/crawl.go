package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"sonde"
	"sonde/analyze"
	"sonde/crawler"
	"sonde/crawler/fetch"
	"sonde/crawler/weburl"
	"sonde/netprobe/resolve"
	"sonde/store"
)

// closing is how long the end of a run may take when it was stopped.
const closing = 10 * time.Second

// Order says which run to make.
type Order struct {
	File        *store.File
	Site        sonde.Site                  // saved; its policy is the run's
	Resume      *sonde.Run                  // the run to continue; nil: a new one
	Slot        int64                       // the slot that a new run is for; 0: none
	Log         *slog.Logger                // nil: silence
	Progress    *crawler.Progress           // nil: nobody looks
	Credentials map[string]fetch.Credential // by origin; never stored
	Headers     map[string][]string         // sent with those of the policy; never stored
	Guard       *fetch.Guard                // nil: one that knows the policy
	Rules       []sonde.Rule                // asked besides those of the program, or in their place
	Resolve     resolve.Config              // how names are asked for when the run is probed; zero: as the system is configured
	Stage       func(what string)           // told what goes on when the crawl is over; nil: nobody looks

	// Begun is called when the run has begun, with a count of the targets that wait,
	// cheap enough to be asked often. Nil: nobody looks.
	Begun func(run sonde.Run, pending func() int64)
}

// Result is what a run came to.
type Result struct {
	Run    sonde.Run // as the file has it now
	Ending crawler.Ending
	Report analyze.Report // zero where there was no time to analyse the run
}

// Crawl makes a run from its beginning, or from where it was left, to its end. When
// ctx ends the run is closed as stopped and can be resumed. The error is for a run
// that could not do its job; what was recorded until then is kept.
func Crawl(ctx context.Context, o Order) (Result, error) {
	recording, err := o.record(ctx)
	if err != nil {
		return Result{}, err
	}
	if o.Begun != nil {
		o.Begun(recording.Run(), recording.Pending)
	}
	ending, err := o.crawl(ctx, recording)
	if err != nil {
		ending.Status, ending.Reason = sonde.Failed, err.Error()
	}
	after, cancel := outlive(ctx)
	defer cancel()
	err = errors.Join(err, recording.Slowed(after, ending.Slowed))
	err = errors.Join(err, o.probe(ctx, recording))
	err = errors.Join(err, recording.End(after, ending.Status, ending.Reason))
	debug.FreeOSMemory() // what crawling and recording took is not needed for what follows
	var report analyze.Report
	if err == nil { // what could not be recorded whole waits for the resumed run
		report, err = o.derive(ctx, recording.Run().ID)
	}
	run, readErr := o.File.Run(context.WithoutCancel(ctx), recording.Run().ID)
	return Result{run, ending, report}, errors.Join(err, readErr)
}

// derive analyses a run that is closed while the disk takes what it recorded.
func (o Order) derive(ctx context.Context, run int64) (report analyze.Report, err error) {
	var moving sync.WaitGroup
	var moveErr error
	moving.Go(func() { moveErr = o.File.MoveLog() })
	report, err = o.analyse(ctx, run)
	moving.Wait()
	return report, errors.Join(err, moveErr)
}

// analyse asks the rules of a run that is closed. Of one that was stopped it does what
// it can in the time that is left.
func (o Order) analyse(ctx context.Context, run int64) (analyze.Report, error) {
	after, cancel := outlive(ctx)
	defer cancel()
	report, err := analyze.Run(after, o.File, run, analyze.Options{Own: o.Rules, Thresholds: o.Site.Policy.Thresholds})
	if err != nil && after.Err() != nil {
		return analyze.Report{}, nil // sonde analyze does it another time
	}
	return report, err
}

// outlive is a context for what must still be done when ctx has ended, for a while.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), closing)
}

func (o Order) record(ctx context.Context) (*store.Recording, error) {
	seeds := make([]sonde.Target, len(o.Site.Seeds))
	for i, url := range o.Site.Seeds {
		seeds[i] = sonde.Target{URL: url, Host: weburl.Split(url).Host, Use: sonde.Read, By: sonde.BySeed}
	}
	if o.Resume != nil {
		run := *o.Resume
		run.Site = o.Site
		return o.File.ResumeRun(ctx, run, seeds)
	}
	return o.File.BeginRun(ctx, o.Site, o.Slot, seeds)
}

func (o Order) crawl(ctx context.Context, recording *store.Recording) (crawler.Ending, error) {
	c, err := crawler.New(crawler.Config{
		Site:        o.outfitted(),
		Run:         recording.Run().ID,
		Began:       recording.Run().StartedAt,
		Frontier:    recording,
		Memory:      recording,
		Log:         o.Log,
		Progress:    o.Progress,
		Guard:       o.Guard,
		Credentials: o.Credentials,
	})
	if err != nil {
		return crawler.Ending{}, fmt.Errorf("crawling %s: %w", o.Site.Name, err)
	}
	return c.Run(ctx)
}

// outfitted is the site with what is sent and never stored.
func (o Order) outfitted() sonde.Site {
	site := o.Site
	if len(o.Headers) > 0 {
		headers := maps.Clone(o.Headers)
		for name, values := range site.Policy.Headers {
			headers[name] = slices.Concat(values, headers[name])
		}
		site.Policy.Headers = headers
	}
	return site
}
