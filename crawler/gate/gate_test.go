package gate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
)

const here = "https://example.org"

// enter takes a turn that is expected to come.
func enter(t *testing.T, g *Gate, origin string) *Pass {
	t.Helper()
	p, err := g.Enter(t.Context(), origin)
	if err != nil {
		t.Fatalf("Enter(%s) = %v, want a pass", origin, err)
	}
	return p
}

// ask makes one request that takes no time.
func ask(t *testing.T, g *Gate, a Answer) {
	t.Helper()
	enter(t, g, here).Leave(a)
}

// waited is how long the next turn took to come; the turn is given back unused.
func waited(t *testing.T, g *Gate) time.Duration {
	t.Helper()
	start := time.Now()
	ask(t, g, Answer{})
	return time.Since(start)
}

// elapse lets fake time go by.
func elapse(d time.Duration) { <-time.After(d) }

// parked wants Enter to refuse at once.
func parked(t *testing.T, g *Gate) *ParkedError {
	t.Helper()
	start := time.Now()
	_, err := g.Enter(t.Context(), here)
	var e *ParkedError
	if !errors.As(err, &e) {
		t.Fatalf("Enter = %v, want a ParkedError", err)
	}
	if d := time.Since(start); d != 0 {
		t.Fatalf("Enter took %v to refuse, want none", d)
	}
	return e
}

// crowd sends n requests from as many goroutines, each lasting for d, and returns
// the times of their starts since the call.
func crowd(t *testing.T, g *Gate, n int, d time.Duration) []time.Duration {
	t.Helper()
	var (
		mu     sync.Mutex
		starts []time.Duration
		wg     sync.WaitGroup
		begin  = time.Now()
	)
	for range n {
		wg.Go(func() {
			p := enter(t, g, here)
			mu.Lock()
			starts = append(starts, time.Since(begin))
			mu.Unlock()
			elapse(d)
			p.Leave(Answer{Status: 200})
		})
	}
	wg.Wait()
	return starts
}

func TestPaceIsNeverExceeded(t *testing.T) {
	for _, rate := range []float64{10, 3, 1, 0.2, 7.3} {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerHost: 8, Rate: rate})
			wantPaced(t, rate, crowd(t, g, 50, 30*time.Millisecond))
			elapse(time.Hour) // earns no credit
			wantPaced(t, rate, crowd(t, g, 50, 0))
		})
	}
}

// wantPaced wants starts 1/rate apart, and no more of them in any second than that allows.
func wantPaced(t *testing.T, rate float64, starts []time.Duration) {
	t.Helper()
	for i, start := range starts[1:] {
		if apart := start - starts[i]; apart.Seconds() < 1/rate {
			t.Fatalf("rate %v: starts %v apart", rate, apart)
		}
	}
	for i, start := range starts {
		within := slices.IndexFunc(starts[i:], func(s time.Duration) bool { return s >= start+time.Second })
		if within > int(math.Ceil(rate)) {
			t.Fatalf("rate %v: %d starts in one second", rate, within)
		}
	}
}

func TestPaceIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := crowd(t, New(Limits{PerHost: 4, Rate: 10}), 101, 0)
		if last := starts[100]; last != 10*time.Second {
			t.Errorf("the 101st request at 10 a second started after %v, want 10s", last)
		}
	})
}

func TestParallelism(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := crowd(t, New(Limits{PerHost: 4}), 12, time.Second)
		for i, start := range starts {
			if want := time.Duration(i/4) * time.Second; start != want {
				t.Errorf("start %d at %v, want %v", i, start, want)
			}
		}
	})
}

func TestZeroLimitsMeanOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := crowd(t, New(Limits{}), 3, time.Second)
		if starts[2] != 2*time.Second {
			t.Errorf("third start at %v, want 2s", starts[2])
		}
	})
}

func TestOriginsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 1, Rate: 1})
		start := time.Now()
		for _, origin := range []string{"https://a.example", "http://a.example", "https://a.example:8443", "https://b.example"} {
			enter(t, g, origin)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("first requests to four origins took %v, want none", d)
		}
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	for _, l := range []Limits{{PerHost: 1}, {PerHost: 3}, {PerHost: 2, Rate: 5}} {
		synctest.Test(t, func(t *testing.T) {
			g := New(l)
			var (
				mu    sync.Mutex
				order []int
				wg    sync.WaitGroup
			)
			for i := range 40 {
				wg.Go(func() {
					p := enter(t, g, here)
					mu.Lock()
					order = append(order, i)
					mu.Unlock()
					elapse(time.Second)
					p.Leave(Answer{Status: 200})
				})
				synctest.Wait() // i stands in the line before i+1 comes
			}
			wg.Wait()
			if !slices.IsSorted(order) {
				t.Errorf("%+v: served in the order %v", l, order)
			}
		})
	}
}

func TestNobodyOvertakesAWaiterThatIsWakingUp(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerHost: 1})
			out := enter(t, g, here)
			var first bool
			var wg sync.WaitGroup
			wg.Go(func() {
				p := enter(t, g, here)
				first = true
				p.Leave(Answer{Status: 200})
			})
			synctest.Wait()
			out.Leave(Answer{Status: 200})
			enter(t, g, here) // comes while the turn is free, and somebody waits for it
			if !first {
				t.Error("a newcomer was served before the one who waited")
			}
			wg.Wait()
		})
	}
}

func TestCancelledWaiterLosesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 1})
		out := enter(t, g, here)
		var wg sync.WaitGroup
		stop := make([]context.CancelFunc, 4)
		errs := make([]error, 4)
		for i := range stop {
			ctx, cancel := context.WithCancel(t.Context())
			stop[i] = cancel
			wg.Go(func() {
				var p *Pass
				if p, errs[i] = g.Enter(ctx, here); p != nil {
					p.Leave(Answer{Status: 200})
				}
			})
			synctest.Wait()
		}
		stop[2]() // in the middle of the line
		synctest.Wait()
		out.Leave(Answer{Status: 200})
		stop[0]() // the first, while its turn is coming: either is right, the rest must go on
		wg.Wait()
		if errs[1] != nil || errs[3] != nil || !errors.Is(errs[2], context.Canceled) {
			t.Errorf("errors %v, want only the cancelled ones", errs)
		}
		if s := g.Snapshot(); s.Waiting != 0 || s.InFlight != 0 {
			t.Errorf("left behind: %+v", s)
		}
		stop[1]()
		stop[3]()
	})
}

func TestCancelledAtTheHeadWhilePacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 2, Rate: 1})
		ask(t, g, Answer{Status: 200})
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := g.Enter(ctx, here); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Enter = %v, want the deadline", err)
			}
		})
		synctest.Wait()
		if d := waited(t, g); d != time.Second {
			t.Errorf("the one behind it waited %v, want 1s", d)
		}
		wg.Wait()
	})
}

func TestEndedContextGetsNoPass(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := New(Limits{PerHost: 4})
	if p, err := g.Enter(ctx, here); p != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Enter = %v, %v, want context.Canceled", p, err)
	}
}

func TestLeavingTwiceFreesOneTurn(t *testing.T) {
	g := New(Limits{PerHost: 2})
	first := enter(t, g, here)
	enter(t, g, here)
	first.Leave(Answer{Status: 200})
	first.Leave(Answer{Status: 200})
	if s := g.Snapshot(); s.InFlight != 1 {
		t.Errorf("%d in flight after one of two left twice, want 1", s.InFlight)
	}
}

// TestMixedCrowd lets a crowd of impatient requests with all kinds of answers loose
// on a few origins. Whatever happens, the promises hold and nobody is forgotten.
func TestMixedCrowd(t *testing.T) {
	answers := []Answer{
		{Status: 200, Latency: time.Millisecond}, {Status: 200, Latency: 3 * time.Second}, {Status: 404},
		{Status: 500}, {Status: 429}, {Status: 503, RetryAfter: "2"}, {Failure: sonde.Reset}, {},
		{Status: 200}, {Status: 200}, {Status: 200},
	}
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			limits := Limits{PerHost: 1 + r.IntN(8), Rate: float64(r.IntN(3)) * 5}
			g := New(limits)
			origins := []string{"http://a.example", "http://b.example", "http://c.example"}
			var (
				mu   sync.Mutex
				last = map[string]time.Time{}
				out  = map[string]int{}
				wg   sync.WaitGroup
			)
			for range 300 {
				origin, answer := origins[r.IntN(3)], answers[r.IntN(len(answers))]
				lasts, patience := time.Duration(r.IntN(2000))*time.Millisecond, time.Duration(r.IntN(60))*time.Second
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					p, err := g.Enter(ctx, origin)
					if err != nil {
						return
					}
					mu.Lock()
					if since := time.Since(last[origin]); limits.Rate > 0 && since.Seconds() < 1/limits.Rate {
						t.Errorf("seed %d: starts %v apart", seed, since)
					}
					last[origin] = time.Now()
					if out[origin]++; out[origin] > limits.PerHost {
						t.Errorf("seed %d: %d at once, limit %d", seed, out[origin], limits.PerHost)
					}
					mu.Unlock()
					elapse(lasts)
					mu.Lock()
					out[origin]--
					mu.Unlock()
					p.Leave(answer)
				})
			}
			wg.Wait()
			if s := g.Snapshot(); s.Waiting != 0 || s.InFlight != 0 {
				t.Errorf("seed %d: left behind %+v", seed, s)
			}
		})
	}
}

func TestNoWaitCostsOneAllocation(t *testing.T) {
	g := New(Limits{PerHost: 64})
	ctx := t.Context()
	got := testing.AllocsPerRun(1000, func() {
		p, err := g.Enter(ctx, here)
		if err != nil {
			t.Fatal(err)
		}
		p.Leave(Answer{Status: 200, Latency: time.Millisecond})
	})
	if got > 1 {
		t.Errorf("%v allocations for Enter and Leave, want the pass alone", got)
	}
}

func TestStartsThatWereHeldUpTogetherDoNotBeginTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4, Rate: 10})
		first, second := enter(t, g, here), enter(t, g, here)
		<-time.After(time.Second) // no seat was free
		if early := first.Start(); early != 0 {
			t.Errorf("the first is to wait for %v, want not at all", early)
		}
		early := second.Start()
		if early != 100*time.Millisecond {
			t.Errorf("the second is to wait for %v, want 100ms", early)
		}
		<-time.After(early)
		if early := second.Start(); early != 0 {
			t.Errorf("after waiting the second is to wait for another %v", early)
		}
		if d := waited(t, g); d != 100*time.Millisecond {
			t.Errorf("the turn after came %v after the second began, want 100ms", d)
		}
	})
}

// TestNeighboursShareTheirAddress: ten thousand names on one server are one server.
func TestNeighboursShareTheirAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4})
		farm := netip.MustParseAddr("192.0.2.7")
		origin := func(i int) string { return fmt.Sprintf("https://%d.example.org", i) }
		const farmed = 12
		for i := range farmed {
			g.Locate(origin(i), farm)
		}
		g.Locate(origin(farmed), netip.MustParseAddr("192.0.2.8"))
		g.Locate(origin(farmed+1), netip.Addr{})
		var all sync.WaitGroup
		var starts [farmed + 2]time.Duration
		begin := time.Now()
		for i := range starts {
			all.Go(func() {
				p := enter(t, g, origin(i))
				starts[i] = time.Since(begin)
				elapse(time.Second)
				p.Leave(Answer{Status: 200})
			})
		}
		all.Wait()
		if got := starts[farmed:]; got[0] != 0 || got[1] != 0 {
			t.Errorf("origins elsewhere started after %v, want at once", got)
		}
		slices.Sort(starts[:farmed])
		for i, start := range starts[:farmed] {
			if want := time.Duration(i/4) * time.Second; start != want {
				t.Errorf("start %d at one address after %v, want %v", i, start, want)
			}
		}
	})
}

// TestNeighbourThatGivesUpHoldsNobodyUp: a waiter that is cancelled frees its place.
func TestNeighbourThatGivesUpHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 1})
		for _, origin := range []string{"http://a.example", "http://b.example", "http://c.example"} {
			g.Locate(origin, netip.MustParseAddr("192.0.2.7"))
		}
		first := enter(t, g, "http://a.example")
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := g.Enter(ctx, "http://b.example"); !errors.Is(err, context.Canceled) {
				t.Errorf("Enter = %v, want that it was cancelled", err)
			}
		})
		all.Go(func() { enter(t, g, "http://c.example").Leave(Answer{Status: 200}) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		first.Leave(Answer{Status: 200})
		all.Wait()
		if s := g.Snapshot(); s.InFlight != 0 || s.Waiting != 0 {
			t.Errorf("in the end %+v", s)
		}
	})
}
