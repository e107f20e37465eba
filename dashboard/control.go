package dashboard

import (
	"context"
	"errors"
	"time"

	"sonde"
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

	// Progress tells how the runs stand that go on here.
	Progress() []Progress
}

// Refusal is why a command was not carried out, in words for the person who gave it.
type Refusal struct{ Why string }

func (e *Refusal) Error() string { return e.Why }

// errNoControl is the answer to every command where another sonde holds the file.
var errNoControl = errors.New("another sonde writes this file, so this dashboard can only show it")

// Progress is how a run stands at one moment.
type Progress struct {
	Run       int64
	Site      string
	StartedAt time.Time

	Fetched  int64   // targets that were asked for and are recorded
	Pending  int64   // targets that wait
	Failures int64   // of those fetched
	Bytes    int64   // received
	Rate     float64 // targets a second, lately
	InFlight int64   // requests on their way

	Statuses [6]int64 // visits without an answer, then by the first digit of their status
	Recent   []Recent // the last visits, the newest first
}

// Recent is a visit that was just recorded.
type Recent struct {
	At      time.Time
	URL     string
	Outcome sonde.Outcome
	Status  int // 0: no answer came
	Took    time.Duration
}
