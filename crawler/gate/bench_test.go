package gate

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// through passes the gate once, as an undisturbed request does.
func through(b *testing.B, g *Gate, origin string) {
	p, err := g.Enter(b.Context(), origin)
	if err != nil {
		b.Fatal(err)
	}
	p.Leave(Answer{Status: 200, Latency: time.Millisecond})
}

func BenchmarkEnterLeave(b *testing.B) {
	b.ReportAllocs()
	g := New(Limits{PerHost: 64})
	for b.Loop() {
		through(b, g, here)
	}
}

// BenchmarkCrowd is one origin without a limit to the pace, asked by goroutines
// that do nothing else: with as many turns as goroutines, and with half as many.
func BenchmarkCrowd(b *testing.B) {
	for _, crowd := range []struct{ goroutines, perHost int }{{64, 64}, {512, 512}, {128, 64}, {512, 256}} {
		b.Run(fmt.Sprintf("%d for %d", crowd.goroutines, crowd.perHost), func(b *testing.B) {
			b.ReportAllocs()
			g := New(Limits{PerHost: crowd.perHost})
			var wg sync.WaitGroup
			for range crowd.goroutines {
				wg.Go(func() {
					for range b.N/crowd.goroutines + 1 {
						p, err := g.Enter(b.Context(), here)
						if err != nil {
							b.Error(err)
							return
						}
						runtime.Gosched()
						p.Leave(Answer{Status: 200, Latency: time.Millisecond})
					}
				})
			}
			wg.Wait()
		})
	}
}

func BenchmarkManyOrigins(b *testing.B) {
	origins := make([]string, 100_000)
	for i := range origins {
		origins[i] = fmt.Sprintf("https://host-%06d.example", i)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	g := New(Limits{PerHost: 4, Rate: 10})
	for _, origin := range origins {
		through(b, g, origin)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Run("Snapshot", func(b *testing.B) {
		for b.Loop() {
			g.Snapshot()
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(origins)), "B/origin")
	})
}
