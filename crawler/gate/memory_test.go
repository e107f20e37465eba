package gate

import (
	"testing"
	"testing/synctest"
	"time"

	"sonde"
)

// stored is a pace as a database gives it back: without monotonic readings.
func stored(t *testing.T, g *Gate) sonde.Pace {
	t.Helper()
	p, known := g.Pace(here)
	if !known {
		t.Fatal("the gate does not know the origin")
	}
	p.NotBefore = p.NotBefore.Round(0)
	return p
}

func TestUnknownOriginHasNoPace(t *testing.T) {
	if p, known := New(Limits{}).Pace(here); known || p != (sonde.Pace{}) {
		t.Errorf("Pace = %+v, %v", p, known)
	}
}

func TestContentOriginLeavesNoBounds(t *testing.T) {
	g := New(Limits{PerHost: 4})
	for range window {
		ask(t, g, Answer{Status: 200, Latency: 20 * time.Millisecond})
	}
	want := sonde.Pace{Latency: 20 * time.Millisecond, LatencyBest: 20 * time.Millisecond}
	if p := stored(t, g); p != want {
		t.Errorf("Pace = %+v, want %+v", p, want)
	}
}

func TestComplaintOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4})
		ask(t, g, Answer{Status: 429, RetryAfter: "120"})
		p := stored(t, g)
		if p.Limit != 2 || p.Penalty != 2*time.Minute || p.Failures != 1 {
			t.Errorf("Pace = %+v", p)
		}

		elapse(20 * time.Second)
		g = New(Limits{PerHost: 4})
		g.Recall(here, p)
		if n := atOnce(t, g); n != 2 {
			t.Errorf("%d at once, want 2", n)
		}
		if d := waited(t, g); d != 100*time.Second {
			t.Errorf("waited %v, want what is left, 1m40s", d)
		}
		ask(t, g, Answer{Status: 429})
		if p := stored(t, g); p.Penalty != 4*time.Minute {
			t.Errorf("the next complaint cost %v, want twice the 2m from before", p.Penalty)
		}
	})
}

func TestPaceFitsOtherLimits(t *testing.T) {
	p := sonde.Pace{Limit: 5}
	for perHost, want := range map[int]int{1: 1, 4: 4, 49: 5, 64: 5, 512: 5} {
		g := New(Limits{PerHost: perHost})
		g.Recall(here, p)
		if n := atOnce(t, g); n != want {
			t.Errorf("PerHost %d: %d at once, want %d", perHost, n, want)
		}
	}
}

func TestParkedOriginGetsOneTryInTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4})
		for range parkAfter {
			ask(t, g, Answer{Failure: sonde.Refused})
		}
		parked(t, g)
		p := stored(t, g)
		for _, next := range []struct {
			answer Answer
			parked bool
		}{{Answer{Failure: sonde.Refused}, true}, {Answer{Status: 200}, false}} {
			g = New(Limits{PerHost: 4})
			g.Recall(here, p)
			if n := atOnce(t, g); n != 1 {
				t.Errorf("%d at once, want 1", n)
			}
			ask(t, g, next.answer)
			if s := g.Snapshot(); (s.Parked == 1) != next.parked {
				t.Errorf("after %+v: %+v", next.answer, s)
			}
		}
	})
}

func TestRowOfFailuresIsRecalled(t *testing.T) {
	for failures, want := range map[int]int{0: 4, breakAfter - 1: 4, breakAfter: 1, parkAfter: 1} {
		g := New(Limits{PerHost: 4})
		g.Recall(here, sonde.Pace{Failures: failures})
		if n := atOnce(t, g); n != want {
			t.Errorf("after %d failures: %d at once, want %d", failures, n, want)
		}
	}
}

func TestWallClockJumps(t *testing.T) {
	tests := []struct {
		name      string
		notBefore time.Duration // as the wall clock of today sees it
		want      time.Duration
	}{
		{"ten years forward while we were away", -10 * 365 * 24 * time.Hour, 0},
		{"one day back", 25 * time.Hour, 24 * time.Hour},
		{"ten years back", 10 * 365 * 24 * time.Hour, 24 * time.Hour},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerHost: 1, Rate: 1})
			g.Recall(here, sonde.Pace{NotBefore: time.Now().Add(tt.notBefore).Round(0)})
			if tt.want > 0 {
				elapse(tt.want - Patience)
				tt.want = Patience
			}
			starts := crowd(t, g, 5, 0)
			for i, start := range starts {
				if want := tt.want + time.Duration(i)*time.Second; start != want {
					t.Errorf("%s: start %d after %v, want %v", tt.name, i, start, want)
				}
			}
		})
	}
}

func TestNonsenseIsNotRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, p := range []sonde.Pace{
			{Limit: -1, Penalty: -1, Failures: -1, Latency: -1, LatencyBest: -1},
			{Limit: 1 << 40, Latency: 1 << 62, LatencyBest: 1 << 62, Penalty: 1 << 62},
			{NotBefore: time.Unix(-1<<60, 0)},
		} {
			g := New(Limits{PerHost: 4})
			g.Recall(here, p)
			if d, n := waited(t, g), atOnce(t, g); d != 0 || n != 4 {
				t.Errorf("%+v: waited %v, %d at once", p, d, n)
			}
			ask(t, g, Answer{Status: 429})
			if left := time.Until(stored(t, g).NotBefore); left < time.Second || left > 15*time.Minute {
				t.Errorf("%+v: a complaint cost %v", p, left)
			}
		}
		g := New(Limits{PerHost: 4})
		g.Recall(here, sonde.Pace{Failures: 1 << 40})
		ask(t, g, Answer{Failure: sonde.Reset})
		parked(t, g)
	})
}

func TestRecallDoesNotUndoWhatWasLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4})
		ask(t, g, Answer{Status: 200})
		g.Recall(here, sonde.Pace{Limit: 1, NotBefore: time.Now().Add(time.Minute)})
		if d, n := waited(t, g), atOnce(t, g); d != 0 || n != 4 {
			t.Errorf("waited %v, %d at once", d, n)
		}
	})
}

func TestSlowdownsTellWhatWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4})
		enter(t, g, "https://content.example").Leave(Answer{Status: 200})
		ask(t, g, Answer{Status: 429, RetryAfter: "100"})
		elapse(40 * time.Second)
		list := g.Slowdowns()
		if want := (sonde.Slowdown{Origin: here, Complaints: 1, Stopped: 40 * time.Second}); len(list) != 1 || list[0] != want {
			t.Errorf("after 40 s: %+v, want %+v alone", list, want)
		}
		elapse(2 * time.Minute)
		ask(t, g, Answer{Status: 503, RetryAfter: "10"})
		elapse(time.Minute)
		list = g.Slowdowns()
		if want := (sonde.Slowdown{Origin: here, Complaints: 2, Stopped: 110 * time.Second}); len(list) != 1 || list[0] != want {
			t.Errorf("at the end: %+v, want %+v alone", list, want)
		}
	})
}
