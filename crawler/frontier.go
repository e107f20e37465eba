package crawler

import (
	"context"

	"sonde"
)

// Frontier holds the URLs that a run knows, in the order in which they are to be
// visited. It is used by many goroutines at once, but Next by one only.
//
// It bounds how many targets are out, per host and in all: a target is out from
// Next until Done or Park. Targets that are still out when the run ends were not
// visited and stay pending.
type Frontier interface {
	// Next waits until there is a target to visit. The error is io.EOF when
	// nothing is left and nothing is out, or that of ctx.
	Next(ctx context.Context) (sonde.Target, error)

	// Done records a visit and takes in the targets it found, all or nothing. Of
	// one that was NotModified it takes in what the run before found there. It may
	// return before that is committed, and waits while the writer is behind.
	Done(ctx context.Context, v sonde.Visit) error

	// Park gives a target back unvisited, because its origin (scheme, name and
	// port) is not to be asked again for now: it and all others of that origin
	// stay pending and are not handed out before the run is resumed.
	Park(ctx context.Context, t sonde.Target) error
}

// Memory keeps what outlives a run: what is known of the places that answer HTTP.
type Memory interface {
	// Recall tells what is remembered of an origin, and whether anything is.
	Recall(ctx context.Context, origin string) (sonde.HostMemory, bool, error)

	// Remember replaces what is remembered of m.Origin. What was remembered can
	// be recalled at once.
	Remember(ctx context.Context, m sonde.HostMemory) error
}

// forgetful is the memory of a run that has none.
type forgetful struct{}

func (forgetful) Recall(context.Context, string) (sonde.HostMemory, bool, error) {
	return sonde.HostMemory{}, false, nil
}

func (forgetful) Remember(context.Context, sonde.HostMemory) error { return nil }
