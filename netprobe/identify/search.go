package identify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"regexp"
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
	&httpDetector, &http2Detector, &tlsDetector, &tlsOtherDetector,
	&redisDetector, &dnsDetector, &postgresDetector, &mqttDetector,
	&socks5Detector, &ldapDetector, &smbDetector, &rdpDetector, &kafkaDetector, &mssqlDetector, &socks4Detector, &zookeeperDetector,
	&memcachedDetector, &amqpDetector, &mongoDetector, &xmppDetector, &sipDetector, &rtspDetector, &ircDetector,
	&sshDetector, &smtpDetector, &ftpDetector, &imapDetector, &pop3Detector, &mysqlDetector, &telnetDetector,
	&vncDetector, &sieveDetector, &nntpDetector, &rsyncDetector, &natsDetector,
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
	fresh  *talk       // the connection on which nothing was asked yet; nil: none
	tried  []*detector // that have asked, or are asking
	said   []byte      // the first bytes that the service ever said
	spoken *detector   // knew what was said, but could not ask for want of a connection
}

// run finds out who answers.
func (s *search) run(ctx context.Context) sonde.Service {
	s.fresh.greeting(s.wait(), s.isKnown)
	greeting := s.fresh.heard()
	ask := s.question
	if len(greeting) > 0 {
		s.said = greeting
		ask = func(ctx context.Context) (sonde.Service, bool) { return s.follow(ctx, greeting) }
	}
	if service, ok := ask(ctx); ok {
		return service
	}
	service := sonde.Service{Banner: banner(s.said)}
	if s.spoken != nil {
		service.Name = s.spoken.name
	}
	return service
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

// isKnown reports whether any detector knows what was said.
func (s *search) isKnown(said []byte) bool {
	return slices.ContainsFunc(s.order, func(d *detector) bool { return d.knows(said) })
}

// attempt is what came of one detector's question.
type attempt struct {
	detector *detector
	talk     *talk // nil: there was no connection
	service  sonde.Service
	ok       bool
}

// question asks by one detector after the other, each with a head start on the next.
// Those that get no answer go on listening meanwhile, so that a slow service is not
// missed and a silent one does not take long.
func (s *search) question(ctx context.Context) (sonde.Service, bool) {
	asking, cancel := context.WithCancel(ctx)
	g := guesses{done: make(chan attempt)}
	defer g.end()
	defer cancel()
	for _, d := range s.order {
		if d.greets || s.skips(d) {
			continue
		}
		fresh := s.begin(d)
		g.open++
		go func() { g.done <- s.try(asking, d, fresh, s.patience(d)) }()
		if service, ok := s.await(ctx, &g, d); ok {
			return service, true
		}
	}
	return s.await(ctx, &g, nil)
}

// guesses are attempts that go on beside each other.
type guesses struct {
	done chan attempt
	open int // attempts that have not been received
}

// end waits for all that are open.
func (g *guesses) end() {
	for ; g.open > 0; g.open-- {
		a := <-g.done
		a.drop()
	}
}

// await judges attempts as they end: until that of d has, or its head start is over;
// where d is nil, until all have.
func (s *search) await(ctx context.Context, g *guesses, d *detector) (sonde.Service, bool) {
	var over <-chan time.Time
	if d != nil {
		over = time.After(s.hints.Limits.HeadStart)
	}
	for g.open > 0 {
		select {
		case a := <-g.done:
			g.open--
			if service, ok := s.judge(ctx, a); ok {
				return service, true
			}
			if a.detector == d {
				return sonde.Service{}, false
			}
		case <-over:
			return sonde.Service{}, false
		}
	}
	return sonde.Service{}, false
}

// skips reports whether a detector has had its turn or may have none.
func (s *search) skips(d *detector) bool {
	return slices.Contains(s.tried, d) || d.name == tlsDetector.name && (s.inside || s.hints.NoTLS)
}

// begin notes that a detector asks, and gives it the fresh connection if it is there.
func (s *search) begin(d *detector) *talk {
	s.tried = append(s.tried, d)
	fresh := s.fresh
	s.fresh = nil
	return fresh
}

// patience is how long a detector waits for an answer. A web server that makes a page
// may take long wherever it is, and so may a handshake.
func (s *search) patience(d *detector) time.Duration {
	if d.rank(s.hints.Port) > 0 || d == &httpDetector || d == &tlsDetector {
		return s.hints.Limits.Answer
	}
	return s.hints.Limits.Guess
}

// try asks by one detector, on the fresh connection or on one that it dials.
func (s *search) try(ctx context.Context, d *detector, fresh *talk, patience time.Duration) attempt {
	t := fresh
	if t == nil {
		t = dialled(ctx, &s.hints)
	} else {
		t.bind(ctx)
	}
	if t == nil {
		return attempt{detector: d}
	}
	t.patience = patience
	service := sonde.Service{Name: d.name}
	ok := d.ask(t, &service)
	return attempt{d, t, service, ok}
}

// judge takes an answer, or looks for whom else it speaks.
func (s *search) judge(ctx context.Context, a attempt) (sonde.Service, bool) {
	switch {
	case a.talk == nil:
		if s.spoken == nil && a.detector.knows(s.said) {
			s.spoken = a.detector
		}
		return sonde.Service{}, false
	case a.ok && a.detector.name == tlsDetector.name && a.service.TLS.Version != "":
		return s.within(ctx, a), true
	case a.ok:
		a.talk.leave()
		a.service.Banner = banner(a.talk.heard())
		return a.service, true
	}
	a.drop()
	heard := a.talk.heard()
	if isEcho(a.talk.tap.asked, heard) {
		return sonde.Service{Name: "echo", Banner: banner(heard)}, true
	}
	if len(s.said) == 0 {
		s.said = heard
	}
	return s.follow(ctx, heard)
}

// follow asks by the detectors that know what was said.
func (s *search) follow(ctx context.Context, said []byte) (sonde.Service, bool) {
	for _, d := range s.order {
		if len(said) == 0 || s.skips(d) || !d.knows(said) {
			continue
		}
		if service, ok := s.judge(ctx, s.try(ctx, d, s.begin(d), s.hints.Limits.Answer)); ok {
			return service, true
		}
	}
	return sonde.Service{}, false
}

// within searches for what speaks inside the TLS that an attempt began.
func (s *search) within(ctx context.Context, a attempt) sonde.Service {
	a.talk.release()
	inner := &search{hints: s.hints, order: s.order, inside: true}
	inner.hints.Dial = s.dialSecure
	inner.fresh = newTalk(ctx, a.talk.conn, &inner.hints)
	defer inner.close()
	service := inner.run(ctx)
	service.TLS = cmp.Or(service.TLS, a.service.TLS)
	if service.Name == "" && service.Banner == "" && service.TLS.ALPN == "" {
		s.insist(ctx, &service)
	}
	service.Name = cmp.Or(service.Name, alpnNames[service.TLS.ALPN], tlsDetector.name)
	service.Facts = append(a.service.Facts, service.Facts...)
	return service
}

// insist offers every protocol that ALPN has a name for to a server which let a
// handshake without pass, and said nothing then.
func (s *search) insist(ctx context.Context, service *sonde.Service) {
	if t := dialled(ctx, &s.hints); t != nil {
		var again sonde.Service
		if t.secure(&again, protocolsOfALPN...) && again.TLS.ALPN != "" {
			service.TLS = again.TLS
		}
		t.drop()
	}
}

// dialSecure dials another connection and makes the handshake on it, for a question
// inside TLS.
func (s *search) dialSecure(ctx context.Context) (net.Conn, error) {
	t := dialled(ctx, &s.hints)
	if t == nil {
		return nil, errors.New("no other connection can be made")
	}
	var again sonde.Service
	if !t.secure(&again) || again.TLS.Version == "" {
		t.drop()
		return nil, t.failed
	}
	t.release()
	return t.conn, nil
}

// dialled begins a conversation on a new connection; nil where there is none.
func dialled(ctx context.Context, h *Hints) *talk {
	if h.Dial == nil {
		return nil
	}
	conn, err := h.Dial(ctx)
	if err != nil {
		return nil
	}
	return newTalk(ctx, conn, h)
}

// drop ends an attempt that led to nothing.
func (a attempt) drop() {
	if a.talk != nil {
		a.talk.drop()
	}
}

// close ends the connection that nobody asked on.
func (s *search) close() {
	if s.fresh != nil {
		s.fresh.leave()
	}
}

// cookie is the value of a cookie that a web server sets. Whose session it may become
// is nobody's business.
var cookie = regexp.MustCompile(`(?im)^(set-cookie2?:[ \t]*[^=;\r\n]*=)[^;\r\n]*`)

// banner makes a banner of what a service said first.
func banner(said []byte) string {
	return sonde.Banner(cookie.ReplaceAll(said, []byte("$1")))
}

// isEcho reports whether a server only gives back what it is told (RFC 862).
func isEcho(asked, answer []byte) bool {
	return len(answer) >= 4 && bytes.HasPrefix(asked, answer)
}
