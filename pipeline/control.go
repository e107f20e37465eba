package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"sonde"
	"sonde/analyze"
	"sonde/crawler/weburl"
	"sonde/dashboard"
	"sonde/pipeline/timetable"
	"sonde/store"
)

// Control is what the dashboard commands: the runs and schedules of a loop, and the
// sites of its file.
type Control struct {
	*Loop
}

var _ dashboard.Control = Control{}

// NewControl makes the control of a loop.
func NewControl(l *Loop) Control { return Control{l} }

// wrong turns an error about what a field of a form says into a refusal.
func wrong(field string, err error) error {
	return &dashboard.Refusal{Why: err.Error(), Field: field}
}

// refused turns an error that a person can do something about into a refusal.
func refused(err error) error {
	for _, known := range []error{ErrGoingOn, ErrNotGoingOn, ErrNothingLeft, store.ErrNoSite, store.ErrNoRun, store.ErrNoSchedule, analyze.ErrNoSuchIssue} {
		if errors.Is(err, known) {
			return &dashboard.Refusal{Why: err.Error()}
		}
	}
	return err
}

// SaveSite writes a site. Its seeds are canonical afterwards, and without a name it gets
// that of the host of the first.
func (c Control) SaveSite(_ context.Context, site sonde.Site) (sonde.Site, error) {
	seeds, err := Seeds(site.Seeds, site.Policy.DropParams)
	if err != nil {
		return site, wrong("seeds", err)
	}
	site.Seeds = seeds
	if site.Name == "" {
		_, site.Name, _ = strings.Cut(weburl.Origin(seeds[0]), "://")
	}
	if unprintable := func(r rune) bool { return !unicode.IsPrint(r) }; strings.ContainsFunc(site.Name, unprintable) {
		return site, wrong("name", errors.New("a name without control characters is wanted"))
	}
	return c.file.SaveSite(site)
}

// Seeds reads URLs as people type them, each once. They carry no credentials, which are
// not kept. The error tells of each that cannot be crawled.
func Seeds(typed, dropParams []string) ([]string, error) {
	canonical := weburl.NewCanonicalizer(dropParams)
	var (
		seeds  []string
		faults []error
	)
	for _, text := range typed {
		seed, err := seedOf(text, canonical)
		switch {
		case err != nil:
			faults = append(faults, err)
		case !slices.Contains(seeds, seed):
			seeds = append(seeds, seed)
		}
	}
	if len(typed) == 0 {
		return nil, errors.New("a URL to start from is wanted, such as https://example.org")
	}
	return seeds, errors.Join(faults...)
}

// seedOf reads one URL. A blank in it rather parts two.
func seedOf(text string, canonical *weburl.Canonicalizer) (string, error) {
	whole, err := weburl.Typed(text)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(whole); err == nil && u.User != nil {
		return "", errors.New("a password in a URL is not kept: give it to `sonde crawl --auth` each time")
	}
	if strings.ContainsAny(text, " \t") {
		return "", fmt.Errorf("%q holds a blank: give one URL at a time, and write a blank in it as %%20", text)
	}
	seed := canonical.Canonical(whole)
	if seed.Reason != "" {
		return "", fmt.Errorf("%q cannot be crawled: only http and https URLs can, of at most %d characters", text, sonde.MaxURLLength)
	}
	return seed.URL, nil
}

// RemoveSite takes a site and its runs out of the file.
func (c Control) RemoveSite(ctx context.Context, name string) error {
	site, err := c.file.Site(ctx, name)
	if err == nil {
		err = c.idle(ctx, sonde.Slot{Site: name})
	}
	if err == nil {
		err = c.notGoing(func(s sonde.Standing) bool { return s.Run.Site.Name == name })
	}
	if err != nil {
		return refused(err)
	}
	return c.file.RemoveSite(ctx, site.ID, nil)
}

// notGoing says ErrGoingOn where a run goes on that is meant.
func (c Control) notGoing(meant func(sonde.Standing) bool) error {
	for _, s := range c.Standing() {
		if meant(s) {
			return fmt.Errorf("run %d of %s: %w", s.Run.ID, s.Run.Site.Name, ErrGoingOn)
		}
	}
	return nil
}

// StartRun asks for a run of a site, and waits a little for it to begin.
func (c Control) StartRun(ctx context.Context, site string) (int64, error) {
	if err := c.notGoing(func(s sonde.Standing) bool { return s.Run.Site.Name == site }); err != nil {
		return 0, refused(err)
	}
	slot, err := c.Start(ctx, site)
	if err != nil {
		return 0, refused(err)
	}
	return c.awaitRun(ctx, slot)
}

// A run that does not begin within this time waits for its turn.
const (
	startPatience = 3 * time.Second
	startLook     = 20 * time.Millisecond
)

// awaitRun waits until the run of a slot has begun, and gives its number: 0 when it
// waits for its turn.
func (c Control) awaitRun(ctx context.Context, slot sonde.Slot) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	tick := time.NewTicker(startLook)
	defer tick.Stop()
	for {
		for _, s := range c.Standing() {
			if s.Run.Site.Name == slot.Site {
				return s.Run.ID, nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, nil
		}
	}
}

// StopRun ends a run gently.
func (c Control) StopRun(_ context.Context, run int64) error { return refused(c.Stop(run)) }

// ResumeRun goes on with a run.
func (c Control) ResumeRun(ctx context.Context, run int64) error {
	slot, err := c.Resume(ctx, run)
	if err != nil {
		return refused(err)
	}
	_, err = c.awaitRun(ctx, slot)
	return err
}

// RemoveRun takes a run out of the file.
func (c Control) RemoveRun(ctx context.Context, run int64) error {
	if err := c.notGoing(func(s sonde.Standing) bool { return s.Run.ID == run }); err != nil {
		return refused(err)
	}
	return c.file.RemoveRun(ctx, run, nil)
}

// SaveSchedule keeps a schedule.
func (c Control) SaveSchedule(ctx context.Context, s sonde.Schedule) (sonde.Schedule, error) {
	if _, err := c.file.Site(ctx, s.Site); errors.Is(err, store.ErrNoSite) {
		return s, wrong("site", err)
	} else if err != nil {
		return s, err
	}
	planned, err := Plan(s, c.clock())
	var zone *timetable.ZoneError
	switch {
	case errors.As(err, &zone):
		return s, wrong("zone", err)
	case err != nil:
		return s, wrong("spec", err)
	}
	return c.Loop.SaveSchedule(planned)
}

// RemoveSchedule takes a schedule away.
func (c Control) RemoveSchedule(_ context.Context, id int64) error {
	return refused(c.Loop.RemoveSchedule(id))
}

// Upcoming tells the next times of a schedule, and when it comes in words.
func (c Control) Upcoming(s sonde.Schedule, count int) ([]time.Time, string, error) {
	return Upcoming(s, c.clock(), count)
}

// MuteIssue has nobody hear of a rule or issue for a while.
func (c Control) MuteIssue(ctx context.Context, m analyze.Mute) error {
	_, err := analyze.AddMute(ctx, c.file, m)
	return refused(err)
}

// UnmuteIssue takes back what was muted.
func (c Control) UnmuteIssue(ctx context.Context, ruleOrFingerprint string) error {
	_, err := analyze.Unmute(ctx, c.file, ruleOrFingerprint)
	return refused(err)
}
