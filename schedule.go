package sonde

import "time"

// Schedule says when a site runs again. The table of schedules is the scheduler: what
// is due and what became of it are rows, so that neither a crash nor a second process
// loses a run or makes it twice.
type Schedule struct {
	ID     int64
	Site   string // its name
	Spec   string // a cron line, a word such as @daily, or "@every 6h"
	Zone   string // of the IANA list
	Paused bool

	Overlap Overlap
	Missed  Missed
	Grace   time.Duration // how late a missed slot may still be caught up with
	Jitter  time.Duration // slots begin up to so much later, always the same for one schedule

	NextSlot  time.Time // the instant that the spec names next
	NextAt    time.Time // when that slot begins: NextSlot and the schedule's part of Jitter
	CreatedAt time.Time // what "@every" counts from
}

// Overlap says what becomes of a slot that comes while a run of its site goes on.
type Overlap string

// The ways to treat an overlap.
const (
	OverlapSkip    Overlap = "skip"
	OverlapQueue   Overlap = "queue"   // it begins after that run; at most one waits
	OverlapReplace Overlap = "replace" // that run is stopped
)

// Missed says what becomes of slots that passed while no sonde served.
type Missed string

// The ways to treat what was missed.
const (
	MissedOnce Missed = "once" // the last of them is caught up with, if it is within the grace period
	MissedSkip Missed = "skip"
)

// Slot is one time at which a run was to begin, by a schedule or because somebody
// asked, and what became of it.
type Slot struct {
	ID       int64
	Schedule int64 // 0: somebody asked for it
	Site     string
	For      time.Time // the instant it was for
	BeginsAt time.Time
	State    SlotState
	Reason   string // why it was skipped or waits, in words
	Run      int64  // the run that it became, 0 for none
	Resumed  bool   // a crash cut the run and it was gone on with
}

// SlotState says what became of a slot.
type SlotState string

// The states of a slot.
const (
	SlotWaiting SlotState = "waiting"
	SlotRunning SlotState = "running"
	SlotDone    SlotState = "done" // the run says how it ended
	SlotSkipped SlotState = "skipped"
)
