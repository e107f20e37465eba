package scan

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// room is how many connections at once the caller and this machine allow. What is
// short makes the scan slower and is told once.
type room struct {
	wanted int
	most   int // of these, as many as there are descriptors for
	now    int // fewer than most after a shortage
	warn   func(string)
	told   map[string]bool

	pausedUntil time.Time // nothing goes out before
	shortSince  time.Time // zero: nothing is short
	trackedAt   time.Time // when connection tracking was looked at
	crowded     bool      // it is nearly full
}

const (
	// spared is how many descriptors are left to the rest of the process: the
	// database, the output, and what is asked of open ports on more connections.
	spared = 32
	// pauseOnShortage is how long nothing goes out after the machine refused a socket.
	pauseOnShortage = 50 * time.Millisecond
	// patience is how long a shortage may last that nothing of ours is to blame for.
	patience = 30 * time.Second
	// crowdedMost is how many connections at once go out while tracking is nearly full.
	crowdedMost = 16
	// tooFull is the share of tracked connections from which on it is nearly full.
	tooFull = 0.9
)

func newRoom(wanted int, warn func(string)) *room {
	most := wanted
	if free, limited := freeDescriptors(); limited {
		most = max(1, min(wanted, free-min(spared, free/2)))
	}
	return &room{wanted: wanted, most: most, now: most, warn: warn, told: map[string]bool{}}
}

// talks is how many open ports may be talked with at once: each may take some
// connections more.
func (r *room) talks() int { return max(1, min(maxTalks, r.most/4)) }

// admits reports whether one connection more may be made beside those that are under
// way and those that are talked on.
func (r *room) admits(flying, talking int, now time.Time) bool {
	r.lookAtTracking(now)
	switch {
	case now.Before(r.pausedUntil), talking >= r.talks():
		return false
	case r.crowded && flying+talking >= crowdedMost:
		return false
	case flying+talking < r.now:
		return true
	}
	if r.most < r.wanted && r.now == r.most {
		r.tell(fmt.Sprintf("Only %d connections are made at once, not %d: this process may open no more files (ulimit -n).", r.most, r.wanted))
	}
	return false
}

// lookAgain is when admits may say something else, if nothing happens before. What was
// sent meanwhile may have been answered already.
func (r *room) lookAgain(now time.Time, sent int) time.Time {
	switch {
	case r.pausedUntil.After(now):
		return r.pausedUntil
	case r.crowded:
		return r.trackedAt.Add(time.Second)
	case sent > 0:
		return now
	}
	return now.Add(idle)
}

// shortage makes do with as many connections as there are, and gives up where there
// are none of ours and the machine still refuses.
func (r *room) shortage(err error, busy int, now time.Time) error {
	if r.shortSince.IsZero() {
		r.shortSince = now
	}
	if busy == 0 && now.Sub(r.shortSince) > patience {
		return fmt.Errorf("no socket can be had: %w", err)
	}
	r.now = max(1, busy)
	r.pausedUntil = now.Add(pauseOnShortage)
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		r.tell("This machine has no local port left for another connection to the same place; the scan goes on as they become free.")
	} else {
		r.tell(fmt.Sprintf("This machine gives no more than %d connections at once (%v); the scan goes on with these.", r.now, err))
	}
	return nil
}

// eased notes that a connection came to an end, after which one more may be tried.
func (r *room) eased() {
	r.shortSince = time.Time{}
	if r.now < r.most {
		r.now++
	}
}

// lookAtTracking looks once a second whether the kernel can remember more connections:
// those that it cannot, it drops silently, and their ports would be taken for filtered.
func (r *room) lookAtTracking(now time.Time) {
	if now.Sub(r.trackedAt) < time.Second {
		return
	}
	r.trackedAt = now
	r.crowded = trackedShare() > tooFull
	if r.crowded {
		r.tell("The connection tracking of this machine is nearly full (nf_conntrack_max); the scan goes on slowly until it has room.")
	}
}

func (r *room) tell(sentence string) {
	if !r.told[sentence] {
		r.told[sentence] = true
		r.warn(sentence)
	}
}
