package identify

import (
	"context"
	"net"
	"time"

	"sonde"
)

// Hints is what is known of a place before it is asked. The zero value serves.
type Hints struct {
	Host string        // as it was asked for, for SNI and the Host header: a name or an address
	Port uint16        // says what is tried first, and decides nothing
	RTT  time.Duration // how long the connection took to come up; waits grow with it
	// Dial makes another connection to the same port, for a question that cannot
	// share one. Where it is nil, all must be learnt from one connection.
	Dial   func(context.Context) (net.Conn, error)
	NoTLS  bool // make no TLS handshake
	Limits Limits
}

// Limits are how long a service may take. A zero is the default.
type Limits struct {
	Greeting time.Duration // for the first byte, where the port's protocol speaks first; 3 s
	Answer   time.Duration // for one answer, where the port or earlier answers speak for the protocol; 3 s
	Guess    time.Duration // for the answer to a mere guess; 1 s, or 8 RTT where that is more
	// HeadStart is for one guess alone, before the next is made beside it; 200 ms, or
	// 4 RTT where that is more.
	HeadStart time.Duration
	Total     time.Duration // for everything; 15 s
}

// Waits for a first byte where nothing says that one will come.
const (
	shortestWait = 100 * time.Millisecond
	longestWait  = 300 * time.Millisecond
)

// Service says who answers on conn, which has just come up and which it closes. What
// cannot be told stays "": a service that says nothing known has a banner alone, one
// that says nothing at all is the zero Service.
func Service(ctx context.Context, conn net.Conn, h Hints) sonde.Service {
	h.Limits = h.Limits.filled(h.RTT)
	ctx, cancel := context.WithTimeout(ctx, h.Limits.Total)
	defer cancel()
	s := &search{hints: h, order: inOrder(h.Port)}
	s.fresh = newTalk(ctx, conn, &s.hints)
	defer s.close()
	return tidied(s.run(ctx))
}

// filled puts defaults in the place of zeros.
func (l Limits) filled(rtt time.Duration) Limits {
	set := func(limit *time.Duration, otherwise time.Duration) {
		if *limit <= 0 {
			*limit = otherwise
		}
	}
	set(&l.Greeting, 3*time.Second)
	set(&l.Answer, 3*time.Second)
	set(&l.Guess, min(max(8*rtt, time.Second), l.Answer))
	set(&l.HeadStart, max(4*rtt, 200*time.Millisecond))
	set(&l.Total, 15*time.Second)
	return l
}

// Bounds on what is kept of a service.
const (
	maxFacts = 64
	maxName  = 100 // bytes of a fact's name, a product, a version
)

// tidied bounds what a service told of itself and takes control characters out of it.
func tidied(s sonde.Service) sonde.Service {
	s.Product, s.Version = shortened(s.Product), shortened(s.Version)
	s.Facts = s.Facts[:min(len(s.Facts), maxFacts)]
	for i, f := range s.Facts {
		s.Facts[i] = sonde.Fact{Name: shortened(f.Name), Value: sonde.Tidy(f.Value)}
	}
	return s
}

func shortened(text string) string {
	if len(text) > maxName {
		text = text[:maxName]
	}
	return sonde.Tidy(text)
}
