package sonde

import "time"

// Course is how a run went from its beginning on, in laps of equal length. It stays
// small however long the run: when it is full, laps are put together by twos.
type Course struct {
	Begun time.Time
	Step  time.Duration // how long a lap is
	Laps  []Lap
}

// Lap is what a run did in one stretch of time.
type Lap struct {
	Fetched int64         // targets that were asked for and are recorded
	Took    time.Duration // their last attempts, together
}

// maxLaps is how many laps a course has at most, and shortestLap the length of those
// that it begins with.
const (
	maxLaps     = 120
	shortestLap = time.Second
)

// NewCourse is the course of a run that is to take so long, still without any visit;
// 0: nobody knows.
func NewCourse(begun time.Time, length time.Duration) Course {
	c := Course{Begun: begun, Step: shortestLap}
	for length >= c.Step*maxLaps {
		c.Step *= 2
	}
	return c
}

// Add notes visits that ended at an instant. Those from before the beginning count as of
// the first lap.
func (c *Course) Add(at time.Time, fetched int64, took time.Duration) {
	passed := max(at.Sub(c.Begun), 0)
	for passed >= c.Step*maxLaps {
		c.halve()
	}
	for int(passed/c.Step) >= len(c.Laps) {
		c.Laps = append(c.Laps, Lap{})
	}
	lap := &c.Laps[passed/c.Step]
	lap.Fetched += fetched
	lap.Took += took
}

// halve makes laps of twice the length.
func (c *Course) halve() {
	for i := range (len(c.Laps) + 1) / 2 {
		c.Laps[i] = c.Laps[2*i]
		if 2*i+1 < len(c.Laps) {
			c.Laps[i].Fetched += c.Laps[2*i+1].Fetched
			c.Laps[i].Took += c.Laps[2*i+1].Took
		}
	}
	c.Laps = c.Laps[:(len(c.Laps)+1)/2]
	c.Step *= 2
}

// Rate is how many targets a lap fetched a second.
func (c Course) Rate(lap int) float64 { return float64(c.Laps[lap].Fetched) / c.Step.Seconds() }

// Mean is how long an attempt took in a lap, on the average; 0 where there was none.
func (c Course) Mean(lap int) time.Duration {
	return c.Laps[lap].Took / time.Duration(max(c.Laps[lap].Fetched, 1))
}
