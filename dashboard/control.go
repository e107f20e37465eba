package dashboard

import (
	"context"
	"errors"
	"time"

	"sonde"
	"sonde/analyze"
)

// Control is what the dashboard can have done. An error that a person can do something
// about is a *[Refusal].
type Control interface {
	// SaveSite writes a site, new or over the one of its name. Its seeds are as a
	// person typed them.
	SaveSite(ctx context.Context, site sonde.Site) (sonde.Site, error)

	// RemoveSite takes a site and all its runs out of the file.
	RemoveSite(ctx context.Context, name string) error

	// StartRun begins a run of a site, and returns its number: 0 when it waits for its
	// turn.
	StartRun(ctx context.Context, site string) (run int64, err error)

	// StopRun ends a run gently. It returns before the run has ended.
	StopRun(ctx context.Context, run int64) error

	// ResumeRun goes on with a run that ended before all was visited.
	ResumeRun(ctx context.Context, run int64) error

	// RemoveRun takes a run that does not go on out of the file.
	RemoveRun(ctx context.Context, run int64) error

	// Standing tells how the runs stand that go on here.
	Standing() []sonde.Standing

	// SaveSchedule keeps a schedule, new where it has no number.
	SaveSchedule(ctx context.Context, s sonde.Schedule) (sonde.Schedule, error)

	// PauseSchedule has a schedule rest, or come again.
	PauseSchedule(ctx context.Context, id int64, paused bool) error

	// RemoveSchedule takes a schedule away.
	RemoveSchedule(ctx context.Context, id int64) error

	// Upcoming tells the next times of a schedule, and when it comes in words.
	Upcoming(s sonde.Schedule, count int) (times []time.Time, words string, err error)

	// MuteIssue has nobody hear of a rule or an issue for a while.
	MuteIssue(ctx context.Context, m analyze.Mute) error

	// UnmuteIssue takes every mute of a rule or an issue back.
	UnmuteIssue(ctx context.Context, ruleOrFingerprint string) error
}

// Refusal is why a command was not carried out, in words for the person who gave it.
type Refusal struct {
	Why   string
	Field string // of the form, whose value cannot be so; "": what was given is well, and cannot be done now
}

func (e *Refusal) Error() string { return e.Why }

// errNoControl is the answer to every command where another sonde holds the file.
var errNoControl = errors.New("another sonde writes this file, so this dashboard can only show it")
