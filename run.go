package sonde

import "time"

// RunStatus says where a run stands.
type RunStatus string

// The states of a run. Only Running changes by itself; Stopped, Interrupted and
// Partial runs can be resumed.
const (
	Running     RunStatus = "running"
	Finished    RunStatus = "finished"    // every target has its outcome
	Partial     RunStatus = "partial"     // ended with targets unvisited: a limit, a host that gave up, a full disk
	Stopped     RunStatus = "stopped"     // a person ended it
	Interrupted RunStatus = "interrupted" // the process went away
	Failed      RunStatus = "failed"      // Sonde could not do its job
)

// Resumable reports whether a run in this state can be continued.
func (s RunStatus) Resumable() bool {
	return s == Stopped || s == Interrupted || s == Partial || s == Failed
}

// Trigger says who started a run.
type Trigger string

// The triggers.
const (
	Manual    Trigger = "manual"
	Scheduled Trigger = "schedule"
)

// Run is one pass over a site.
type Run struct {
	ID         int64
	Site       Site
	Status     RunStatus
	Trigger    Trigger
	Reason     string // why it ended, in words
	StartedAt  time.Time
	FinishedAt time.Time // zero while it goes on
	Counts     Counts
}

// Counts adds up a run. Found is the sum of all outcomes.
type Counts struct {
	Found    int64             // URLs the frontier learned of
	Outcomes map[Outcome]int64 // how they ended
	Pages    int64             // targets that gave an answer (ok, redirect or http_error)
	Failures int64             // targets whose attempt failed
	Bytes    int64             // received on the wire
}

// Standing is how a run that goes on stands at one moment.
type Standing struct {
	Run      Run
	Fetched  int64   // targets that were asked for and are recorded
	Failures int64   // of these, without a usable answer
	Bytes    int64   // received, bodies on the wire
	InFlight int64   // requests on their way
	Pending  int64   // targets that wait to go out
	Rate     float64 // targets a second over the last seconds
	Host     string  // asked last, "" before the first request
	Stopping bool    // it was told to end

	Statuses [6]int64 // visits without an answer, and then by the first digit of their status
	Recent   []Recent // the last visits, the newest first
	Course   Course   // since it began here
}

// Recent is a visit that was recorded just now.
type Recent struct {
	At      time.Time
	URL     string
	Outcome Outcome
	Status  int           // 0 where no answer came
	Took    time.Duration // the last attempt
}
