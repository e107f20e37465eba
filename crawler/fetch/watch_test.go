package fetch

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
)

// A step of an exchange: after a wait, a phase begins or bytes come.
type step struct {
	after time.Duration
	enter int32
	bytes int
}

// TestWatch plays exchanges in false time and says when and why they end.
func TestWatch(t *testing.T) {
	limits := sonde.DefaultPolicy().Timeouts // first byte 20 s, idle 15 s, total 120 s
	second := time.Second
	every := func(interval time.Duration, bytes, times int) []step {
		steps := []step{{0, waiting, 0}, {second, reading, 0}}
		for range times {
			steps = append(steps, step{interval, -1, bytes})
		}
		return steps
	}
	tests := []struct {
		name     string
		steps    []step
		want     sonde.Failure
		from, to time.Duration // when it ends
	}{
		{"nothing happens", nil, sonde.ConnectTimeout, 120 * second, 120 * second},
		{"no header", []step{{0, waiting, 0}}, sonde.HeaderTimeout, 20 * second, 20 * second},
		{"no header after a long connect", []step{{19 * second, waiting, 0}}, sonde.HeaderTimeout, 39 * second, 39 * second},
		{"no body", []step{{0, waiting, 0}, {second, reading, 0}}, sonde.BodyTimeout, 16 * second, 16 * second},
		{"body stands still", every(second, 1000, 5), sonde.BodyTimeout, 21 * second, 21 * second},
		{"D02 a byte in 5 s", every(5*second, 1, 100), sonde.BodyTimeout, 31 * second, 60 * second},
		{"a slow body that comes", every(5*second, 600, 100), sonde.BodyTimeout, 120 * second, 120 * second},
		{"a header just in time", []step{{0, waiting, 0}, {19 * second, reading, 0}}, sonde.BodyTimeout, 34 * second, 34 * second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				start := time.Now()
				w := startWatch(limits, "example.org", cancel)
				defer w.stop()
				play(ctx, w, test.steps)
				<-ctx.Done()
				f, ok := errors.AsType[*failure](context.Cause(ctx))
				if !ok || f.kind != test.want {
					t.Fatalf("ended by %v, want %s", context.Cause(ctx), test.want)
				}
				if took := time.Since(start); took < test.from || took > test.to {
					t.Errorf("ended after %s (%s), want %s to %s", took, f.detail, test.from, test.to)
				}
			})
		})
	}
}

// play lets the steps happen until ctx ends.
func play(ctx context.Context, w *watch, steps []step) {
	for _, s := range steps {
		select {
		case <-time.After(s.after):
		case <-ctx.Done():
			return
		}
		if s.enter >= 0 {
			w.enter(s.enter)
		}
		if s.bytes > 0 {
			w.got(s.bytes)
		}
	}
}

// TestWatchStops: a watch that was stopped, or hurried, keeps to it.
func TestWatchStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int32
		w := startWatch(sonde.DefaultPolicy().Timeouts, "example.org", func(error) { ended.Add(1) })
		w.stop()
		w.hurry(time.Second)
		<-time.After(time.Hour)
		synctest.Wait()
		if ended.Load() != 0 {
			t.Error("a stopped watch ended the exchange")
		}
		w = startWatch(sonde.DefaultPolicy().Timeouts, "example.org", func(error) { ended.Add(1) })
		defer w.stop()
		w.enter(reading)
		w.hurry(time.Second)
		w.hurry(time.Hour)
		<-time.After(1001 * time.Millisecond)
		synctest.Wait()
		if ended.Load() != 1 {
			t.Errorf("a hurried watch ended the exchange %d times", ended.Load())
		}
	})
}
