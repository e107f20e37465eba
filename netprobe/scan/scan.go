package scan

import (
	"container/heap"
	"context"
	"errors"
	"iter"
	"net"
	"time"

	"sonde"
)

// Run scans the targets one after the other, many at once, and has found called with
// every port, in the order of the targets and their ports, TCP before UDP, from one
// goroutine. When ctx ends, so does the scan: what is known by then is reported, and
// the error is that of ctx. Any other error says that this machine could not do its
// part.
func Run(ctx context.Context, c Config, targets iter.Seq[Target], found func(sonde.Port)) error {
	knocker, err := newKnocker()
	if err != nil {
		return err
	}
	defer knocker.close()
	woken := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(woken)
		knocker.wake()
	})
	defer func() {
		if !unhook() {
			<-woken
		}
	}()
	next, stop := iter.Pull(targets)
	defer stop()
	s := newScan(c, knocker, next, found)
	err = s.run(ctx)
	s.finish()
	return err
}

const (
	// replyWait is how long replies to datagrams are waited for once one has come.
	replyWait = 500 * time.Millisecond
	// batch is how many knocks go out before answers are looked at.
	batch = 512
	// maxPorts bounds the ports of the hosts that are scanned at once, so that memory
	// does not grow with the targets. A single host may have more.
	maxPorts = 1 << 19
	// maxHosts bounds the hosts that are scanned at once.
	maxHosts = 256
)

// scan is one scan under way.
type scan struct {
	Config
	knocker *knocker
	targets func() (Target, bool)
	found   func(sonde.Port)

	hosts     []*host // in the order of the targets; those that are reported are gone
	ports     int     // of these hosts
	turn      int     // the host that had the last turn
	flights   map[int]flight
	deadlines deadlines
	knocks    uint64
	pace      *pace
	room      *room
	talks     *talks
}

// flight is a knock that waits for its answer.
type flight struct {
	host   *host
	port   int // index into host.ports
	sent   time.Time
	serial uint64

	questions [][]byte // that UDP was asked
}

func newScan(c Config, k *knocker, targets func() (Target, bool), found func(sonde.Port)) *scan {
	c = c.withDefaults()
	room := newRoom(c.Concurrency, c.Warn)
	return &scan{
		Config: c, knocker: k, targets: targets, found: found,
		flights: map[int]flight{},
		pace:    paceOf(c.Rate),
		room:    room,
		talks:   newTalks(min(room.talks(), talksAtOnce(c.Rate)), k.wake),
	}
}

// run goes on until every port of every target is reported.
func (s *scan) run(ctx context.Context) error {
	for ctx.Err() == nil {
		s.admit()
		if len(s.hosts) == 0 {
			return nil
		}
		now := time.Now()
		again, err := s.send(ctx, now)
		if err != nil {
			return err
		}
		if err := s.listen(ctx, s.deadlines.next(again).Sub(now)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// admit takes in targets as long as there is room, and lets go of those that are done.
func (s *scan) admit() {
	for {
		s.report()
		if len(s.hosts) >= maxHosts || s.ports >= maxPorts {
			return
		}
		target, more := s.targets()
		if !more {
			return
		}
		for _, h := range hostsOf(target, s.Config) {
			s.hosts = append(s.hosts, h)
			s.ports += len(h.ports)
		}
	}
}

// report gives away what is known of the first host, and of the next where that was
// all.
func (s *scan) report() {
	for len(s.hosts) > 0 {
		h := s.hosts[0]
		for ; h.reported < len(h.ports) && h.ports[h.reported].settled; h.reported++ {
			s.found(h.found(h.reported))
		}
		if h.reported < len(h.ports) {
			return
		}
		s.ports -= len(h.ports)
		s.hosts = s.hosts[1:]
	}
}

// send knocks where it is a port's turn, and says when it wants to be called again if
// nothing happens before.
func (s *scan) send(ctx context.Context, now time.Time) (again time.Time, err error) {
	for sent := range batch {
		if !s.room.admits(len(s.flights), s.talks.count, now) {
			return s.room.lookAgain(now, sent), nil
		}
		h, when := s.nextHost(now)
		switch {
		case h == nil && sent > 0: // what was sent may have been answered already
			return now, nil
		case h == nil:
			return when, nil
		}
		if err := s.knock(ctx, h, now); err != nil {
			return now, err
		}
	}
	return now, nil
}

// idle is how long nothing may happen: everything that is waited for wakes the scan.
const idle = time.Minute

// nextHost is the host whose turn it is, or when one will have it.
func (s *scan) nextHost(now time.Time) (h *host, when time.Time) {
	if due := s.pace.due(); due.After(now) {
		return nil, due
	}
	when = now.Add(idle)
	for i := range s.hosts {
		h := s.hosts[(s.turn+1+i)%len(s.hosts)]
		if !h.ready() {
			continue
		}
		if due := h.pace.due(); due.After(now) {
			when = earlier(when, due)
		} else {
			s.turn = (s.turn + 1 + i) % len(s.hosts)
			return h, now
		}
	}
	return nil, when
}

// knock knocks at the next port of a host.
func (s *scan) knock(ctx context.Context, h *host, now time.Time) error {
	i := h.take()
	port := &h.ports[i]
	sent := time.Now()
	questions := s.questions(h, i)
	id, answer, err := s.knocker.knock(ctx, h.transport, h.address(i), questions)
	if err != nil {
		return s.short(h, i, err, now)
	}
	s.pace.took(now)
	h.pace.took(now)
	s.Progress.Knocks.Add(1)
	port.asks++
	f := flight{host: h, port: i, sent: sent, serial: s.knocks, questions: questions}
	s.knocks++
	if answer != "" {
		s.answered(ctx, f, id, answer)
		return nil
	}
	s.flights[id] = f
	heap.Push(&s.deadlines, deadline{sent.Add(h.wait(port.asks)), id, f.serial})
	return nil
}

// short puts a port back that could not be asked for want of something.
func (s *scan) short(h *host, i int, err error, now time.Time) error {
	h.putBack(i)
	return s.room.shortage(err, len(s.flights)+s.talks.count, now)
}

// questions are the datagrams to ask a port of UDP: the likeliest first, and all of
// them where it was silent.
func (s *scan) questions(h *host, i int) [][]byte {
	if h.transport != sonde.UDP {
		return nil
	}
	questions := s.Questions(h.ports[i].number)
	if h.ports[i].asks == 0 {
		questions = questions[:min(len(questions), 1)]
	}
	if len(questions) == 0 {
		return [][]byte{nil}
	}
	return questions
}

// listen takes the answers that are there, or waits for some, but no longer than wait.
func (s *scan) listen(ctx context.Context, wait time.Duration) error {
	for _, a := range s.knocker.wait(wait) {
		f, expected := s.flights[a.id]
		if !expected {
			continue
		}
		delete(s.flights, a.id)
		if a.err != nil {
			f.host.ports[f.port].asks--
			if err := s.short(f.host, f.port, a.err, time.Now()); err != nil {
				return err
			}
			continue
		}
		s.answered(ctx, f, a.id, a.reason)
	}
	s.expire(time.Now())
	for _, t := range s.talks.over() {
		t.settle()
		s.Progress.Settled.Add(1)
	}
	return nil
}

// answered notes what a knock gave. An open port's connection is given away to be
// talked on.
func (s *scan) answered(ctx context.Context, f flight, id int, reason sonde.PortReason) {
	now := time.Now()
	f.host.learn(f.port, reason, now.Sub(f.sent), now)
	s.room.eased()
	if stateOf[reason] != sonde.PortOpen {
		f.host.settle(f.port)
		s.Progress.Settled.Add(1)
		return
	}
	s.Progress.Open.Add(1)
	conn, err := s.knocker.take(id)
	switch {
	case err != nil: // the port is open, but this machine has no descriptor for a talk
	case f.host.transport == sonde.UDP && s.Reply != nil:
		s.talks.begin(ctx, s.hears(f), s.admits(f.host), conn, f.host, f.port)
		return
	case f.host.transport == sonde.TCP && s.Open != nil:
		s.talks.begin(ctx, s.Open, s.admits(f.host), conn, f.host, f.port)
		return
	default:
		breakOff(conn)
	}
	f.host.settle(f.port)
	s.Progress.Settled.Add(1)
}

// hears is an opener that takes the reply which came to datagrams, and asks everything
// else there is to ask where that tells nothing.
func (s *scan) hears(f flight) opener {
	return func(ctx context.Context, conn net.Conn, port sonde.Port, admit func(context.Context) error) sonde.Service {
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		first := s.reply(conn, f.questions)
		if first.Name != "" || admit(ctx) != nil {
			return first
		}
		questions := s.Questions(port.Number)
		for _, question := range questions {
			if _, err := conn.Write(question); err != nil {
				return first
			}
		}
		if again := s.reply(conn, questions); again.Name != "" {
			return again
		}
		return first
	}
}

// reply reads replies until one tells who gave it, or no more come; then it is the first
// one that counts.
func (s *scan) reply(conn net.Conn, questions [][]byte) (first sonde.Service) {
	message := make([]byte, 64<<10)
	_ = conn.SetReadDeadline(time.Now().Add(replyWait))
	for {
		n, err := conn.Read(message)
		if err != nil {
			return first
		}
		for _, question := range questions {
			service := s.Reply(question, message[:n])
			if service.Name != "" {
				return service
			}
			if first.Banner == "" {
				first = service
			}
		}
	}
}

// admits returns what waits until one more connection to a host may be made.
func (s *scan) admits(h *host) func(context.Context) error {
	return func(ctx context.Context) error {
		return errors.Join(s.pace.await(ctx), h.pace.await(ctx))
	}
}

// expire takes silence for an answer where it has lasted long enough.
func (s *scan) expire(now time.Time) {
	for len(s.deadlines) > 0 && !s.deadlines[0].at.After(now) {
		d := heap.Pop(&s.deadlines).(deadline)
		f, waits := s.flights[d.id]
		if !waits || f.serial != d.serial {
			continue
		}
		delete(s.flights, d.id)
		s.knocker.drop(d.id)
		if f.host.silent(f.port, now.Sub(f.sent), now) {
			s.Progress.Settled.Add(1)
		}
	}
}

// finish waits for those who talk, who know that the scan is over, and reports what is
// known.
func (s *scan) finish() {
	for id := range s.flights {
		s.knocker.drop(id)
	}
	for _, t := range s.talks.wait() {
		t.settle()
	}
	for _, h := range s.hosts {
		for i := h.reported; i < len(h.ports); i++ {
			if h.ports[i].settled {
				s.found(h.found(i))
			}
		}
	}
}

// deadline is when a knock was waited for long enough. Those of knocks that were
// answered stay until then, and the serial tells them.
type deadline struct {
	at     time.Time
	id     int
	serial uint64
}

// deadlines is a heap, the earliest first.
type deadlines []deadline

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(x any)        { *d = append(*d, x.(deadline)) }

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	*d = (*d)[:last]
	return x
}

// next is the earliest deadline, or otherwise where that is earlier.
func (d deadlines) next(otherwise time.Time) time.Time {
	if len(d) == 0 {
		return otherwise
	}
	return earlier(d[0].at, otherwise)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
