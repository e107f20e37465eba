package crawler

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sonde"
)

// Progress counts what a run does while it goes on. Its zero value is ready; it is
// safe for concurrent use.
type Progress struct {
	fetched, failures, bytes, inFlight, out atomic.Int64
	host                                    atomic.Pointer[string]

	mu     sync.Mutex // for everything below
	pace   pace
	status [6]int64
	recent [recentVisits]sonde.Recent // a ring
	visits int                        // written to the ring
	course sonde.Course
}

// recentVisits is how many of the last visits are remembered.
const recentVisits = 12

// Snapshot is how a run stands at one moment.
type Snapshot struct {
	Fetched  int64   // targets that were asked for and are recorded
	Failures int64   // of these, without a usable answer
	Bytes    int64   // received, bodies on the wire
	InFlight int64   // requests on their way
	Out      int64   // targets handed out: on their way or waiting for their turn
	Host     string  // asked last, "" before the first request
	Rate     float64 // targets a second over the last seconds

	Statuses [6]int64       // visits without an answer, and then by the first digit of their status
	Recent   []sonde.Recent // the last visits, the newest first
	Course   sonde.Course   // since the first visit
}

// Snapshot reads the counters.
func (p *Progress) Snapshot() Snapshot {
	s := Snapshot{
		Fetched:  p.fetched.Load(),
		Failures: p.failures.Load(),
		Bytes:    p.bytes.Load(),
		InFlight: p.inFlight.Load(),
		Out:      p.out.Load(),
	}
	if host := p.host.Load(); host != nil {
		s.Host = *host
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Rate = p.pace.at(time.Now(), s.Fetched)
	s.Statuses = p.status
	s.Course = p.course
	s.Course.Laps = slices.Clone(p.course.Laps)
	for i := range min(p.visits, recentVisits) {
		s.Recent = append(s.Recent, p.recent[(p.visits-1-i)%recentVisits])
	}
	return s
}

// asking notes that a request to a host begins.
func (p *Progress) asking(host string) {
	p.host.Store(&host)
	p.inFlight.Add(1)
}

// answered notes that a request is over.
func (p *Progress) answered(bytes int64) {
	p.inFlight.Add(-1)
	p.bytes.Add(bytes)
}

// recorded notes that a visit is recorded.
func (p *Progress) recorded(v sonde.Visit) {
	if v.Attempts == 0 {
		return
	}
	p.fetched.Add(1)
	if v.Outcome.Failed() {
		p.failures.Add(1)
	}
	r := sonde.Recent{At: v.At, URL: v.Target.URL, Outcome: v.Outcome}
	if v.Fetch != nil {
		r.Status, r.Took = v.Fetch.Status, v.Fetch.Timing.Total
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status[min(max(r.Status/100, 0), len(p.status)-1)]++
	p.recent[p.visits%recentVisits] = r
	p.visits++
	if p.course.Begun.IsZero() {
		p.course = sonde.NewCourse(r.At, 0)
	}
	p.course.Add(r.At, 1, r.Took)
}

// pace is a rate smoothed over the moments at which it is read.
type pace struct {
	since time.Time
	count int64
	rate  float64
}

// Readings closer together than this tell more of chance than of pace.
const shortest = time.Second

// at takes a reading of the counter and gives the rate a second.
func (p *pace) at(now time.Time, count int64) float64 {
	if p.since.IsZero() {
		p.since, p.count = now, count
		return 0
	}
	passed := now.Sub(p.since)
	if passed < shortest {
		return p.rate
	}
	rate := float64(count-p.count) / passed.Seconds()
	if p.rate == 0 {
		p.rate = rate
	}
	p.rate += (rate - p.rate) / 3
	p.since, p.count = now, count
	return p.rate
}
