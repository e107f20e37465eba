package identify

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"sonde"
)

// detector knows one protocol.
type detector struct {
	name   string   // of the protocol, as sonde.Service has it
	ports  []uint16 // where it is usually found
	greets bool     // is asked only where its first bytes were heard: its servers speak first
	// knows reports whether these are the first bytes that a server of the protocol
	// says, by itself or when it is asked what it does not understand. Of a text it
	// wants a whole line.
	knows func(said []byte) bool
	// ask talks to a server from the start of a connection, writes into s what it
	// tells, and reports whether it speaks the protocol.
	ask func(t *talk, s *sonde.Service) bool
}

// detectors are all protocols on TCP, the likeliest first where nothing else tells.
// Those that keep a stranger's connection open come before those that close it, and
// those that answer HTTP in a way of their own come last: they are known by then.
var detectors = []*detector{
	&httpDetector, &tlsDetector, &tlsOtherDetector,
	&redisDetector, &dnsDetector, &postgresDetector, &mqttDetector, &memcachedDetector,
	&sshDetector, &smtpDetector, &ftpDetector, &imapDetector, &pop3Detector, &sieveDetector, &mysqlDetector,
}

// inOrder gives the detectors with those first that are usual on a port.
func inOrder(port uint16) []*detector {
	ordered := slices.Clone(detectors)
	slices.SortStableFunc(ordered, func(a, b *detector) int {
		return b.rank(port) - a.rank(port)
	})
	return ordered
}

func (d *detector) rank(port uint16) int {
	if slices.Contains(d.ports, port) {
		return 1
	}
	return 0
}

// search is the way to one answer.
type search struct {
	hints  Hints
	order  []*detector
	inside bool        // within TLS already
	fresh  *talk       // a connection on which nothing was said yet; nil: none
	tried  []*detector // that have asked
	spoken *detector   // knew what was said, but could not ask
	said   []byte      // the first bytes that the service ever said
	slow   *talk       // one on which HTTP was asked and no answer came yet
}

// run finds out who answers.
func (s *search) run(ctx context.Context) sonde.Service {
	s.fresh.greeting(s.wait(), s.isKnown)
	if greeting := s.fresh.heard(); len(greeting) > 0 {
		s.note(greeting)
		if service, ok := s.follow(ctx, greeting); ok {
			return service
		}
		return s.rest()
	}
	for _, d := range s.order {
		if d.greets || s.skips(d) {
			continue
		}
		if service, ok := s.question(ctx, d); ok {
			return service
		}
		if ctx.Err() != nil {
			break
		}
	}
	return s.rest()
}

// wait is how long to wait for a greeting.
func (s *search) wait() time.Duration {
	greets := func(d *detector) bool { return d.greets && d.rank(s.hints.Port) > 0 }
	wrapped := !s.inside && tlsDetector.rank(s.hints.Port) > 0
	if slices.ContainsFunc(s.order, greets) && !wrapped {
		return s.hints.Limits.Greeting
	}
	return min(max(4*s.hints.RTT, shortestWait), longestWait)
}

func (s *search) skips(d *detector) bool {
	return slices.Contains(s.tried, d) || d.name == tlsDetector.name && (s.inside || s.hints.NoTLS)
}

// isKnown reports whether any detector knows what was said.
func (s *search) isKnown(said []byte) bool {
	return slices.ContainsFunc(s.order, func(d *detector) bool { return d.knows(said) })
}

// note keeps the first bytes that were ever said.
func (s *search) note(said []byte) {
	if len(s.said) == 0 {
		s.said = said
	}
}

// question asks by one detector, and then by those that know what came back.
func (s *search) question(ctx context.Context, d *detector) (sonde.Service, bool) {
	patience := s.hints.Limits.Guess
	if d.rank(s.hints.Port) > 0 {
		patience = s.hints.Limits.Answer
	}
	t, service, ok := s.try(ctx, d, patience)
	if t == nil || ok {
		return service, ok
	}
	if isEcho(t.tap.asked, t.heard()) {
		return sonde.Service{Name: "echo", Banner: sonde.Banner(t.heard())}, true
	}
	s.note(t.heard())
	return s.follow(ctx, t.heard())
}

// follow asks by the detectors that know what was said.
func (s *search) follow(ctx context.Context, said []byte) (sonde.Service, bool) {
	for _, d := range s.order {
		if len(said) == 0 || s.skips(d) || !d.knows(said) {
			continue
		}
		if _, service, ok := s.try(ctx, d, s.hints.Limits.Answer); ok {
			return service, true
		}
	}
	return sonde.Service{}, false
}

// try asks by one detector, on the fresh connection or on one that it dials. It
// returns the conversation, which has ended; nil when there was none.
func (s *search) try(ctx context.Context, d *detector, patience time.Duration) (*talk, sonde.Service, bool) {
	t := s.take(ctx)
	if t == nil {
		s.guess(d)
		return nil, sonde.Service{}, false
	}
	s.tried = append(s.tried, d)
	t.patience = patience
	service := sonde.Service{Name: d.name}
	if !d.ask(t, &service) {
		s.part(d, t)
		return t, sonde.Service{}, false
	}
	if d.name == tlsDetector.name && service.TLS.Version != "" {
		return t, s.within(ctx, t, service), true
	}
	t.leave()
	service.Banner = sonde.Banner(t.heard())
	return t, service, true
}

// part ends a conversation that led to nothing; but a web server may need more time
// than a guess gives it, and is listened to once more in the end.
func (s *search) part(d *detector, t *talk) {
	if d == &httpDetector && errors.Is(t.failed, os.ErrDeadlineExceeded) && len(t.heard()) == 0 {
		s.slow = t
		return
	}
	t.drop()
}

// guess notes that d knew what was said, but could not ask for want of a connection.
func (s *search) guess(d *detector) {
	if s.spoken == nil && d.knows(s.said) {
		s.spoken = d
	}
}

// take hands out the fresh connection, or a new one; nil where there is none.
func (s *search) take(ctx context.Context) *talk {
	if t := s.fresh; t != nil {
		s.fresh = nil
		return t
	}
	if s.hints.Dial == nil {
		return nil
	}
	conn, err := s.hints.Dial(ctx)
	if err != nil {
		return nil
	}
	return newTalk(ctx, conn, &s.hints)
}

// within searches for what speaks inside the TLS of t.
func (s *search) within(ctx context.Context, t *talk, outside sonde.Service) sonde.Service {
	t.tap = &tap{Conn: t.conn}
	t.conn = t.tap
	inner := &search{hints: s.hints, order: s.order, inside: true, fresh: t}
	inner.hints.Dial = s.dialSecure
	defer inner.close()
	service := inner.run(ctx)
	if service.Name == "" {
		service.Name = outside.Name
	}
	if service.TLS == nil {
		service.TLS = outside.TLS
	}
	service.Facts = append(outside.Facts, service.Facts...)
	return service
}

// rest is the answer when no detector has one: what is known all the same.
func (s *search) rest() sonde.Service {
	if t := s.slow; t != nil && len(s.said) == 0 {
		t.failed = nil
		service := sonde.Service{Name: httpDetector.name}
		if readHTTP(t, &service) {
			service.Banner = sonde.Banner(t.heard())
			return service
		}
	}
	service := sonde.Service{Banner: sonde.Banner(s.said)}
	if s.spoken != nil {
		service.Name = s.spoken.name
	}
	return service
}

// close ends the conversations that are left.
func (s *search) close() {
	for _, t := range []*talk{s.fresh, s.slow} {
		if t != nil {
			t.leave()
		}
	}
}

// isEcho reports whether a server only gives back what it is told (RFC 862).
func isEcho(asked, answer []byte) bool {
	return len(answer) >= 4 && bytes.HasPrefix(asked, answer)
}
