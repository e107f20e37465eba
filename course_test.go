package sonde_test

import (
	"testing"
	"time"

	"sonde"
)

// TestCourse: a course of any length has few laps, and nothing in it is lost.
func TestCourse(t *testing.T) {
	begun := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, seconds := range []int{0, 1, 119, 120, 121, 1000, 100_000} {
		c := sonde.NewCourse(begun, 0)
		for s := range seconds {
			c.Add(begun.Add(time.Duration(s)*time.Second), 2, 10*time.Millisecond)
		}
		fetched, took := int64(0), time.Duration(0)
		for _, lap := range c.Laps {
			fetched, took = fetched+lap.Fetched, took+lap.Took
		}
		if want := int64(seconds); fetched != 2*want || took != time.Duration(want)*10*time.Millisecond || len(c.Laps) > 120 {
			t.Errorf("%d seconds: %d laps of %s with %d targets that took %s", seconds, len(c.Laps), c.Step, fetched, took)
		}
		if known := sonde.NewCourse(begun, time.Duration(seconds)*time.Second); known.Step != c.Step && seconds > 120 {
			t.Errorf("%d seconds, known before: laps of %s, want %s", seconds, known.Step, c.Step)
		}
	}
}

func TestCourseOfALap(t *testing.T) {
	begun := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	c := sonde.NewCourse(begun, 0)
	c.Add(begun.Add(-time.Minute), 1, time.Second) // of a clock that was set back
	c.Add(begun.Add(2*time.Second), 4, 8*time.Second)
	if len(c.Laps) != 3 || c.Rate(0) != 1 || c.Rate(1) != 0 || c.Mean(1) != 0 || c.Rate(2) != 4 || c.Mean(2) != 2*time.Second {
		t.Errorf("the course is %+v", c)
	}
}
