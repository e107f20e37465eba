package gate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
)

// atOnce is how many requests the gate lets be on their way.
func atOnce(t *testing.T, g *Gate) int {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.host(here).limit(&g.law)
}

func TestCrawlDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4, Rate: 10})
		ask(t, g, Answer{Status: 200}) // robots.txt
		g.Slow(here, 3*time.Second)
		starts := crowd(t, g, 4, 5*time.Second)
		for i, start := range starts {
			if want := 3*time.Second + time.Duration(i)*5*time.Second; start != want {
				t.Errorf("start %d at %v, want %v: 3s after robots.txt, then one at a time", i, start, want)
			}
		}
	})
}

func TestCrawlDelayMeetsThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4, Rate: 1})
		ask(t, g, Answer{Status: 200})
		var wg sync.WaitGroup
		wg.Go(func() {
			if d := waited(t, g); d != 20*time.Second {
				t.Errorf("waited %v, want 20s", d)
			}
		})
		synctest.Wait()
		g.Slow(here, 20*time.Second)
		wg.Wait()

		wg.Go(func() {
			if d := waited(t, g); d != time.Second {
				t.Errorf("waited %v after the delay was lifted, want 1s", d)
			}
		})
		synctest.Wait()
		g.Slow(here, 0)
		wg.Wait()
	})
}

func TestCrawlDelayBeyondPatienceParks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4})
		g.Slow(here, time.Hour)
		ask(t, g, Answer{Status: 200})
		e := parked(t, g)
		if left := time.Until(e.Until); left != time.Hour || !strings.Contains(e.Why, "1h0m0s between two requests") {
			t.Errorf("parked for %v: %s", left, e.Why)
		}
		elapse(time.Hour - Patience)
		if d := waited(t, g); d != Patience {
			t.Errorf("waited %v, want %v", d, Patience)
		}
	})
}

func TestSlowOperatorIsNotParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 1, Rate: 1.0 / 3600})
		ask(t, g, Answer{Status: 200})
		if d := waited(t, g); d.Round(time.Second) != time.Hour {
			t.Errorf("waited %v, want 1h", d)
		}
	})
}

func TestRetryAfterIsHonouredExactly(t *testing.T) {
	tests := []struct {
		answer Answer
		want   time.Duration
	}{
		{Answer{Status: 429, RetryAfter: "3"}, 3 * time.Second},
		{Answer{Status: 503, RetryAfter: "3"}, 3 * time.Second},
		{Answer{Status: 403, RetryAfter: "60"}, time.Minute},
		{Answer{Status: 500, RetryAfter: "60"}, time.Minute},
		{Answer{Status: 429, RetryAfter: "300"}, 5 * time.Minute},
		{Answer{Status: 429, RetryAfter: "Sat, 01 Jan 2000 00:00:07 GMT"}, 7 * time.Second},
		{Answer{Status: 429, RetryAfter: "Saturday, 01-Jan-00 00:00:07 GMT"}, 7 * time.Second},
		{Answer{Status: 429, RetryAfter: "Sat Jan  1 00:00:07 2000"}, 7 * time.Second},
		{Answer{Status: 429, Date: "Fri, 01 Jan 2010 12:00:00 GMT", RetryAfter: "Fri, 01 Jan 2010 12:00:09 GMT"}, 9 * time.Second},
		{Answer{Status: 429, Date: "today", RetryAfter: "Sat, 01 Jan 2000 00:00:07 GMT"}, 7 * time.Second},
		{Answer{Status: 200, RetryAfter: "60"}, 0},
		{Answer{Status: 301, RetryAfter: "60"}, 0},
		{Answer{Status: 404}, 0},
		{Answer{Status: 404, RetryAfter: "soon"}, 0},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerHost: 4})
			ask(t, g, tt.answer)
			if d := waited(t, g); d != tt.want {
				t.Errorf("%+v stopped the origin for %v, want %v", tt.answer, d, tt.want)
			}
		})
	}
}

func TestUnusableRetryAfterIsAPenalty(t *testing.T) {
	for _, text := range []string{"", "-5", "0", "garbage", "1.5", "3, 5", "+3", "1e9", "Sat, 01 Jan 1999 00:00:00 GMT", "\x00", "٣"} {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerHost: 4})
			ask(t, g, Answer{Status: 429, RetryAfter: text})
			if d := waited(t, g); d < time.Second || d > 1500*time.Millisecond {
				t.Errorf("Retry-After %q stopped the origin for %v, want 1s to 1.5s", text, d)
			}
		})
	}
}

func TestRetryAfterBeyondPatienceParks(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"301":                              301 * time.Second,
		"Sat, 01 Jan 2000 01:00:00 GMT":    time.Hour,
		"1000000000":                       24 * time.Hour,
		"99999999999999999999999999":       24 * time.Hour,
		"Thu, 31 Dec 9999 23:59:59 GMT":    24 * time.Hour,
		"\t86400 ":                         24 * time.Hour,
		"00000000000000000000000000301":    301 * time.Second,
		"Saturday, 01-Jan-00 00:10:00 GMT": 10 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerHost: 4})
			ask(t, g, Answer{Status: 429, RetryAfter: text})
			e := parked(t, g)
			if left := time.Until(e.Until); left != want || e.Origin != here {
				t.Errorf("Retry-After %q parked %s for %v, want %v", text, e.Origin, left, want)
			}
			elapse(want)
			if d := waited(t, g); d != 0 {
				t.Errorf("Retry-After %q: waited %v after the time was over", text, d)
			}
		})
	}
}

func TestPenaltiesGrowWithJitterAndAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4})
		for n := range 8 {
			ask(t, g, Answer{Status: 503})
			base := time.Second << n
			if d := waited(t, g); d <= base || d > base*3/2 {
				t.Errorf("complaint %d cost %v, want %v to %v", n+1, d, base, base*3/2)
			}
		}
		for range 10 * window {
			ask(t, g, Answer{Status: 200})
		}
		ask(t, g, Answer{Status: 503})
		if d := waited(t, g); d > 1500*time.Millisecond {
			t.Errorf("after ten good windows a complaint cost %v, want the first penalty", d)
		}
	})
}

func TestPenaltyIsNeverOver15Minutes(t *testing.T) {
	l := newLaw(Limits{PerHost: 4})
	for i := range 200 {
		h := &host{origin: fmt.Sprint("http://", i, ".example"), share: 1}
		for range 20 {
			h.notBefore = 0
			h.complained(&l, Answer{Status: 429}, true, 0)
			if h.notBefore < time.Second || h.notBefore > 15*time.Minute {
				t.Fatalf("penalty %v", h.notBefore)
			}
		}
	}
}

func TestJitterSpreadsOriginsAndRepeats(t *testing.T) {
	spread := map[time.Duration]bool{}
	for i := range 100 {
		h := host{origin: fmt.Sprintf("http://%d.example", i), penalty: time.Minute}
		again := h
		jitter := h.jitter()
		if jitter != again.jitter() || jitter < 0 || jitter >= 30*time.Second {
			t.Fatalf("jitter of %s: %v, then %v", h.origin, jitter, again.jitter())
		}
		spread[jitter.Truncate(3*time.Second)] = true
	}
	if len(spread) != 10 {
		t.Errorf("jitter of 100 origins falls into %d of 10 slots", len(spread))
	}
}

// burst has n requests on their way at once that all bring the same answer.
func burst(t *testing.T, g *Gate, n int, a Answer) {
	t.Helper()
	passes := make([]*Pass, n)
	for i := range passes {
		passes[i] = enter(t, g, here)
	}
	for _, p := range passes {
		p.Leave(a)
	}
}

func TestBurstOfComplaintsIsOneComplaint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 64})
		burst(t, g, 64, Answer{Status: 429})
		if n := atOnce(t, g); n != 32 {
			t.Errorf("%d at once, want 32", n)
		}
		if d := waited(t, g); d > 1500*time.Millisecond {
			t.Errorf("64 complaints at once cost %v, want the first penalty", d)
		}
	})
}

func TestBurstOfErrorsHalvesOnce(t *testing.T) {
	g := New(Limits{PerHost: 64})
	burst(t, g, 64, Answer{Status: 500})
	if n := atOnce(t, g); n != 32 {
		t.Errorf("%d at once, want 32", n)
	}
	for range window {
		ask(t, g, Answer{Status: 200})
	}
	if n := atOnce(t, g); n != 33 {
		t.Errorf("after a good window %d at once, want one more", n)
	}
}

func TestLongerRetryAfterOfABurstCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 64})
		passes := []*Pass{enter(t, g, here), enter(t, g, here), enter(t, g, here)}
		for i, text := range []string{"5", "60", "10"} {
			passes[i].Leave(Answer{Status: 429, RetryAfter: text})
		}
		if d := waited(t, g); d != time.Minute {
			t.Errorf("waited %v, want the longest of what was asked, 1m", d)
		}
	})
}

func TestErrorRateHalvesAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4, Rate: 10})
		want := []struct {
			atOnce int
			apart  time.Duration
		}{
			{4, 100 * time.Millisecond}, {2, 200 * time.Millisecond}, {1, 400 * time.Millisecond},
			{1, 800 * time.Millisecond}, {1, 1600 * time.Millisecond}, {1, 1600 * time.Millisecond},
		}
		ask(t, g, Answer{})
		for i, w := range want {
			if n, d := atOnce(t, g), waited(t, g); n != w.atOnce || d != w.apart {
				t.Errorf("after %d bad windows: %d at once, %v apart; want %d, %v", i, n, d, w.atOnce, w.apart)
			}
			for range tolerated + 1 {
				ask(t, g, Answer{Status: 500})
				ask(t, g, Answer{Status: 200})
			}
		}
		before := waited(t, g)
		for i := range 8 {
			for range window {
				ask(t, g, Answer{Status: 200})
			}
			now := waited(t, g)
			if now >= before {
				t.Errorf("after %d good windows %v apart, before that %v: want it to go faster", i+1, now, before)
			}
			before = now
		}
		if n := atOnce(t, g); n != 4 || before != 100*time.Millisecond {
			t.Errorf("recovered to %d at once, %v apart; want all", n, before)
		}
	})
}

func TestWhatCountsToTheErrorRate(t *testing.T) {
	tests := []struct {
		answer Answer
		counts bool
	}{
		{Answer{Status: 200}, false},
		{Answer{Status: 304}, false},
		{Answer{Status: 404}, false},
		{Answer{Status: 410}, false},
		{Answer{Status: 403}, false},
		{Answer{Status: 500}, true},
		{Answer{Status: 502}, true},
		{Answer{Status: 599}, true},
		{Answer{Status: 200, Failure: sonde.ShortBody}, true},
		{Answer{Status: 200, Failure: sonde.BodyTimeout}, true},
		{Answer{Failure: sonde.Forbidden}, true},
		{Answer{Failure: sonde.NXDomain}, true},
		{Answer{}, false},
	}
	for _, tt := range tests {
		g := New(Limits{PerHost: 64})
		for range tolerated + 1 {
			ask(t, g, tt.answer)
		}
		if halved := atOnce(t, g) == 32; halved != tt.counts {
			t.Errorf("%d × %+v: %d at once of 64, counts to the error rate: want %v", tolerated+1, tt.answer, atOnce(t, g), tt.counts)
		}
	}
}

func TestOneErrorInFiveIsTolerated(t *testing.T) {
	g := New(Limits{PerHost: 64})
	for i := range 10 * window {
		status := 200
		if i%5 == 0 {
			status = 500
		}
		ask(t, g, Answer{Status: status})
	}
	if n := atOnce(t, g); n != 64 {
		t.Errorf("20 %% errors: %d at once of 64", n)
	}
}

// TestHalfOfTheAnswersAreErrors is a site that fails at random.
func TestHalfOfTheAnswersAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4, Rate: 10})
		r := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			ask(t, g, Answer{Status: []int{200, 500}[r.IntN(2)]})
		}
		start := time.Now()
		for range 100 {
			ask(t, g, Answer{Status: []int{200, 500}[r.IntN(2)]})
		}
		if rate := 100 / time.Since(start).Seconds(); rate > 1 {
			t.Errorf("still %.2f requests a second", rate)
		}
	})
}

func TestSlowAnswersHalveTheParallelism(t *testing.T) {
	tests := []struct {
		name         string
		before, then time.Duration
		want         int
	}{
		{"as ever", 100 * time.Millisecond, 100 * time.Millisecond, 64},
		{"four times, but quick", 20 * time.Millisecond, 400 * time.Millisecond, 64},
		{"slow, but not four times", 400 * time.Millisecond, 1500 * time.Millisecond, 64},
		{"both", 100 * time.Millisecond, 3 * time.Second, 1},
		{"not measured", 100 * time.Millisecond, 0, 64},
	}
	for _, tt := range tests {
		g := New(Limits{PerHost: 64})
		for range window {
			ask(t, g, Answer{Status: 200, Latency: tt.before})
		}
		for range 6 * window {
			ask(t, g, Answer{Status: 200, Latency: tt.then})
		}
		if n := atOnce(t, g); n != tt.want {
			t.Errorf("%s: %d at once, want %d", tt.name, n, tt.want)
		}
	}
}

func TestSlownessNeverSlowsASingleRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 4, Rate: 10})
		for i := range 8 * window {
			ask(t, g, Answer{Status: 200, Latency: 50*time.Millisecond + time.Duration(i/window)*3*time.Second})
		}
		if n, d := atOnce(t, g), waited(t, g); n != 1 || d != 400*time.Millisecond {
			t.Errorf("%d at once, %v apart; want 1, and 400ms as four parts of the pace", n, d)
		}
	})
}

func TestHostThatGrowsSlowerIsSpared(t *testing.T) {
	g := New(Limits{PerHost: 64})
	latency := 100 * time.Millisecond
	for range 150 {
		ask(t, g, Answer{Status: 200, Latency: latency})
		latency = latency * 105 / 100
	}
	if n := atOnce(t, g); n > 16 {
		t.Errorf("latency went from 100ms to %v: still %d at once", latency, n)
	}
}

func TestHostSlowByNatureIsNotHeldDown(t *testing.T) {
	g := New(Limits{PerHost: 4})
	for range window { // small static files first
		ask(t, g, Answer{Status: 200, Latency: 50 * time.Millisecond})
	}
	low := 4
	for range 50 * window {
		ask(t, g, Answer{Status: 200, Latency: 800 * time.Millisecond})
		low = min(low, atOnce(t, g))
	}
	if n := atOnce(t, g); low != 1 || n != 4 {
		t.Errorf("went down to %d and came back to %d at once, want 1 and 4", low, n)
	}
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 8})
		for range breakAfter {
			ask(t, g, Answer{Failure: sonde.Refused})
		}
		start := time.Now()
		probe := enter(t, g, here)
		if d := time.Since(start); d != 30*time.Second {
			t.Fatalf("after 10 failures stopped for %v, want 30s", d)
		}

		var wg sync.WaitGroup
		second := make(chan *Pass, 1)
		wg.Go(func() { second <- enter(t, g, here) })
		elapse(time.Minute)
		if len(second) != 0 {
			t.Fatal("a second request while the first still tries")
		}
		probe.Leave(Answer{Failure: sonde.Refused})
		start = time.Now()
		probe = <-second
		if d := time.Since(start); d != time.Minute {
			t.Fatalf("after the first try stopped for %v, want 1m", d)
		}
		wg.Wait()

		refused := make(chan error, 5)
		for range cap(refused) {
			wg.Go(func() {
				_, err := g.Enter(t.Context(), here)
				refused <- err
			})
		}
		synctest.Wait()
		if s := g.Snapshot(); s.Waiting != 5 || s.Slowed != 1 || s.Parked != 0 {
			t.Errorf("while it tries: %+v", s)
		}
		start = time.Now()
		probe.Leave(Answer{Failure: sonde.ConnectTimeout})
		wg.Wait()
		for range cap(refused) {
			var e *ParkedError
			if err := <-refused; !errors.As(err, &e) || !e.Until.IsZero() {
				t.Errorf("waiter got %v, want to be told that it is parked for the run", err)
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("waiters were released after %v, want at once", d)
		}
		if s := g.Snapshot(); s.Waiting != 0 || s.Slowed != 0 || s.Parked != 1 {
			t.Errorf("when it is parked: %+v", s)
		}
		elapse(48 * time.Hour)
		if e := parked(t, g); !strings.Contains(e.Error(), "12 requests in a row failed, the last with connect_timeout") {
			t.Errorf("it says: %v", e)
		}
	})
}

func TestBreakerRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 64})
		for range breakAfter {
			ask(t, g, Answer{Failure: sonde.Reset})
		}
		ask(t, g, Answer{Status: 200})
		if d, n := waited(t, g), atOnce(t, g); d != 0 || n != 1 {
			t.Errorf("after a try that worked: wait %v, %d at once; want none, 1", d, n)
		}
		for range breakAfter - 1 {
			ask(t, g, Answer{Failure: sonde.Reset})
		}
		if d := waited(t, g); d != 0 {
			t.Errorf("the row did not start anew: stopped for %v after nine failures", d)
		}
		for range 64 * window {
			ask(t, g, Answer{Status: 200})
		}
		if n := atOnce(t, g); n != 64 {
			t.Errorf("recovered to %d at once, want all", n)
		}
	})
}

func TestBurstOfFailuresOpensTheBreakerOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 64})
		burst(t, g, 64, Answer{Failure: sonde.Reset})
		if d := waited(t, g); d != 30*time.Second {
			t.Errorf("64 failures at once stopped the origin for %v, want 30s", d)
		}
	})
}

func TestWhatOpensTheBreaker(t *testing.T) {
	tests := []struct {
		answer Answer
		opens  bool
	}{
		{Answer{Failure: sonde.Refused}, true},
		{Answer{Failure: sonde.NXDomain}, true},
		{Answer{Failure: sonde.ServFail}, true},
		{Answer{Failure: sonde.Forbidden}, true},
		{Answer{Failure: sonde.CertExpired}, true},
		{Answer{Failure: sonde.HeaderTimeout}, true},
		{Answer{Failure: sonde.Malformation}, true},
		{Answer{Status: 200, Failure: sonde.BodyTimeout}, true},
		{Answer{Status: 429, RetryAfter: "1"}, true},
		{Answer{Status: 503, RetryAfter: "1"}, true},
		{Answer{Status: 301, Failure: sonde.BadLocation}, false},
		{Answer{Status: 200, Failure: sonde.BadEncoding}, false},
		{Answer{Status: 500}, false},
		{Answer{Status: 404}, false},
		{Answer{}, false},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerHost: 64})
			for range breakAfter {
				ask(t, g, tt.answer)
			}
			if opened := waited(t, g) == firstBreak; opened != tt.opens {
				t.Errorf("%d × %+v opened the breaker: %v, want %v", breakAfter, tt.answer, opened, tt.opens)
			}
		})
	}
}

func TestSuccessBreaksTheRow(t *testing.T) {
	for _, status := range []int{200, 204, 301, 304, 401, 403, 404} {
		g := New(Limits{PerHost: 1})
		for range breakAfter - 1 {
			ask(t, g, Answer{Failure: sonde.Reset})
		}
		ask(t, g, Answer{Status: status})
		if p, _ := g.Pace(here); p.Failures != 0 {
			t.Errorf("%d after nine failures leaves a row of %d", status, p.Failures)
		}
	}
}

func TestServerErrorNeitherEndsNorLengthensTheRow(t *testing.T) {
	g := New(Limits{PerHost: 1})
	for range breakAfter - 1 {
		ask(t, g, Answer{Failure: sonde.Reset})
	}
	ask(t, g, Answer{Status: 502})
	if p, _ := g.Pace(here); p.Failures != breakAfter-1 {
		t.Errorf("a 502 after nine failures leaves a row of %d", p.Failures)
	}
}

func TestRetryAfterReleasesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{PerHost: 1})
		out := enter(t, g, here)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { parkedAfter(t, g, time.Second) })
		}
		elapse(time.Second)
		out.Leave(Answer{Status: 503, RetryAfter: "3600"})
		wg.Wait()
	})
}

// parkedAfter waits at the gate and wants to be told after d that the origin is parked.
func parkedAfter(t *testing.T, g *Gate, d time.Duration) {
	start := time.Now()
	_, err := g.Enter(t.Context(), here)
	var e *ParkedError
	if !errors.As(err, &e) || time.Since(start) != d {
		t.Errorf("Enter = %v after %v, want to be parked after %v", err, time.Since(start), d)
	}
}
