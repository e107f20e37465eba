package crawler

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/gate"
	"sonde/crawler/weburl"
)

const (
	landing      = 7 * time.Second        // for requests on their way when a run is stopped, so that all is closed in ten
	firstBackoff = 500 * time.Millisecond // before the first retry
	backoffGrows = 4                      // times as long each time
)

// reply is what asking came to: the answer that counts, of all attempts.
type reply struct {
	fetch.Answer
	at       time.Time // when its request began
	attempts int
}

// keep takes the answer of one more attempt. An answer without content does not
// replace one with some: retries are for the better.
func (r *reply) keep(a fetch.Answer, at time.Time) {
	r.attempts++
	if usable(a) || !usable(r.Answer) {
		r.Answer, r.at = a, at
	}
}

// ask makes the requests that one URL takes: GET after a HEAD that brought nothing,
// and again while what comes is transient, as often as the policy says. What comes is
// read without a seat, so that reading never keeps a request from being made. The
// error is that of ctx, or a *gate.ParkedError.
func (c *Crawler) ask(ctx context.Context, request fetch.Request) (reply, error) {
	s := seat{slots: c.slots}
	defer s.free()
	var r reply
	for retries := 0; ; {
		at := time.Now()
		answer, err := c.once(ctx, request, &s)
		if err == nil && transient(answer) {
			err = c.robots.savePace(ctx, weburl.Origin(request.URL))
		}
		if err != nil {
			return reply{}, err
		}
		if request.Method == http.MethodHead && wantsGet(answer) {
			r.attempts++
			request.Method = http.MethodGet
			continue
		}
		r.keep(answer, at.UTC())
		if retries >= c.site.Policy.Retries || !transient(answer) {
			return r, nil
		}
		s.free()
		if err := wait(ctx, backoff(retries)); err != nil {
			return reply{}, err
		}
		retries++
	}
}

// once makes one request: it waits for its turn at the gate, and then for a seat, with no
// room in hand that others may wait for.
func (c *Crawler) once(ctx context.Context, request fetch.Request, s *seat) (fetch.Answer, error) {
	s.free()
	request.Hold.Release()
	origin := weburl.Origin(request.URL)
	c.locate(ctx, origin)
	pass, err := c.gate.Enter(ctx, origin)
	if err != nil {
		return fetch.Answer{}, err
	}
	var told gate.Answer
	defer func() { pass.Leave(told) }()
	if err := start(ctx, pass, s); err != nil {
		return fetch.Answer{}, err
	}
	answer, err := c.send(ctx, request)
	if err != nil {
		return fetch.Answer{}, err
	}
	told = tell(answer)
	if err := c.limits.receive(received(answer)); err != nil {
		c.stop(err)
	}
	return answer, nil
}

// locate tells the gate where an origin is before it is asked for the first time. Of
// several addresses it is the lowest, so that names with the same ones are neighbours.
// Through a proxy nobody knows.
func (c *Crawler) locate(ctx context.Context, origin string) {
	if c.site.Policy.Proxy != "" || c.gate.Located(origin) {
		return
	}
	var at netip.Addr
	if found := c.addresses(ctx, weburl.Split(origin+"/").Host); len(found) > 0 {
		at = slices.MinFunc(found, netip.Addr.Compare).Unmap()
	}
	c.gate.Locate(origin, at)
}

// start takes a seat at the moment at which the request may begin.
func start(ctx context.Context, pass *gate.Pass, s *seat) error {
	for {
		if err := s.take(ctx); err != nil {
			return err
		}
		early := pass.Start()
		if early == 0 {
			return nil
		}
		s.free()
		if err := wait(ctx, early); err != nil {
			return err
		}
	}
}

// send makes a request unless the run has ended. One that has begun may outlive
// the run by a while.
func (c *Crawler) send(ctx context.Context, request fetch.Request) (fetch.Answer, error) {
	if err := ctx.Err(); err != nil {
		return fetch.Answer{}, err
	}
	late, cancel := outlive(ctx, landing)
	defer cancel()
	c.progress.asking(weburl.Split(request.URL).Host)
	var answer fetch.Answer
	defer func() { c.progress.answered(received(answer)) }()
	answer = c.do(late, request)
	if err := late.Err(); err != nil {
		return fetch.Answer{}, err
	}
	return answer, nil
}

// outlive gives the context of a request that begins now. When ctx ends by the
// hand of a person the request has d left; when a limit of the run ends ctx, the
// request may take the time that any request may take.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		if metLimit(ctx) {
			return
		}
		if wait(late, d) == nil {
			cancel()
		}
	})
	return late, func() { unwatch(); cancel() }
}

// wait lets d pass, or returns the error of ctx.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff is the wait before a retry: 0.5 s, 2 s, 8 s, each up to a quarter more
// or less, so that what failed together does not come back together.
func backoff(retries int) time.Duration {
	d := float64(firstBackoff)
	for range retries {
		d *= backoffGrows
	}
	return time.Duration(d * (0.75 + rand.Float64()/2))
}

// wantsGet reports whether GET may bring what HEAD did not: some servers refuse
// HEAD, drop it, or answer it wrongly.
func wantsGet(a fetch.Answer) bool {
	if a.Fetch != nil && a.Fetch.Status >= 400 {
		return true
	}
	switch a.Failure {
	case sonde.EmptyReply, sonde.Reset, sonde.HeaderTimeout:
		return true
	}
	return a.Failure.Outcome() == sonde.ProtocolError
}

// transient reports whether asking again may bring something else.
func transient(a fetch.Answer) bool {
	return a.Failure.Transient() || a.Fetch != nil && sonde.TransientStatus(a.Fetch.Status)
}

// usable reports whether an answer says something of the URL: it is whole, or cut
// short by the peer with a part of the body here.
func usable(a fetch.Answer) bool {
	if a.Fetch == nil || a.Fetch.Status == 0 {
		return false
	}
	switch a.Failure {
	case sonde.NoFailure:
		return true
	case sonde.ShortBody, sonde.BodyTimeout:
		return a.Fetch.WireBytes > 0 || a.Fetch.Status/100 != 2
	}
	return false
}

// tell puts an answer in the words of the gate.
func tell(a fetch.Answer) gate.Answer {
	told := gate.Answer{Failure: a.Failure, RetryAfter: a.RetryAfter}
	if a.Fetch != nil {
		told.Status, told.Latency = a.Fetch.Status, a.Fetch.Timing.FirstByte
		if a.RetryAfter != "" {
			told.Date = field(a.Fetch.Header, "Date")
		}
	}
	return told
}

// received is how many bytes of body an answer brought.
func received(a fetch.Answer) int64 {
	if a.Fetch == nil {
		return 0
	}
	return a.Fetch.WireBytes
}

// field is the value of the first header field of a name, "" when there is none.
func field(header []sonde.HeaderField, name string) string {
	for _, f := range header {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// seat is one target's claim on a slot.
type seat struct {
	slots chan struct{}
	held  bool
}

// take waits for a slot. The error is that of ctx.
func (s *seat) take(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		s.held = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// free gives the slot back, where one is held.
func (s *seat) free() {
	if s.held {
		<-s.slots
		s.held = false
	}
}
