package crawler

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sonde"
)

// limitError says which limit of the policy ended a run, in words.
type limitError string

func (e limitError) Error() string { return string(e) }

// metLimit reports whether a limit of the policy ended ctx.
func metLimit(ctx context.Context) bool {
	var limit limitError
	return errors.As(context.Cause(ctx), &limit)
}

// limits counts against the limits of a policy.
type limits struct {
	maxPages, maxBytes int64
	pages, bytes       atomic.Int64
}

// draw takes one of the fetches that the policy allows. Sitemap files are how a
// site shows itself and do not count.
func (l *limits) draw(use sonde.Use) error {
	if l.maxPages <= 0 || use == sonde.Map {
		return nil
	}
	if l.pages.Add(1) > l.maxPages {
		return limitError(fmt.Sprintf("the limit of %d pages was met", l.maxPages))
	}
	return nil
}

// giveBack returns what draw took for a target that was not fetched after all.
func (l *limits) giveBack(use sonde.Use) {
	if l.maxPages > 0 && use != sonde.Map {
		l.pages.Add(-1)
	}
}

// full reports whether draw can only fail.
func (l *limits) full(use sonde.Use) bool {
	return l.maxPages > 0 && use != sonde.Map && l.pages.Load() >= l.maxPages
}

// receive counts bytes, and says so when they are as many as the policy allows.
func (l *limits) receive(bytes int64) error {
	if sum := l.bytes.Add(bytes); l.maxBytes > 0 && sum >= l.maxBytes {
		return limitError(fmt.Sprintf("the limit of %d bytes received was met", l.maxBytes))
	}
	return nil
}

// overTime says that the time of a run is over.
func overTime(d time.Duration) error {
	return limitError(fmt.Sprintf("the limit of %v was met", d))
}
