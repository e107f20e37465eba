package scan

import (
	"context"
	"sync"
	"time"
)

// pace spaces connections out in time. It is safe for concurrent use.
type pace struct {
	mu    sync.Mutex
	every time.Duration // 0: it does not
	next  time.Time     // when the next may go
}

// slack is how much of its time a pace makes up for when it was late.
const slack = 10 * time.Millisecond

// paceOf is a pace of so many connections a second; 0: of any number.
func paceOf(rate float64) *pace {
	if rate <= 0 {
		return &pace{}
	}
	return &pace{every: time.Duration(float64(time.Second) / rate)}
}

// due is when the next may go.
func (p *pace) due() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next
}

// took notes that one goes, and returns when it may.
func (p *pace) took(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.next
	if p.every == 0 {
		return at
	}
	if late := now.Add(-slack); p.next.Before(late) {
		p.next = late
	}
	p.next = p.next.Add(p.every)
	return at
}

// set changes the time between two.
func (p *pace) set(every time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.every = every
}

// await waits until one more may go.
func (p *pace) await(ctx context.Context) error {
	now := time.Now()
	wait := p.took(now).Sub(now)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
