package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"sonde"
)

// sockets is how many sockets questions are spread over. Each has a port of its own,
// which the kernel chose: who forges a reply has to guess the port and the id.
const sockets = 8

// datagram asks over UDP, and over TCP where the reply was cut.
type datagram struct {
	address string
	whole   *stream
	readers sync.WaitGroup

	mu   sync.Mutex
	open []*socket
}

func newDatagram(address string) *datagram {
	return &datagram{address: address, whole: newStream(address, nil)}
}

func (d *datagram) exchange(ctx context.Context, q question, m manner, deadline time.Time) (reply, error) {
	s, err := d.socket(ctx, deadline)
	if err != nil {
		return reply{}, err
	}
	r, err := s.ask(ctx, q, m, deadline)
	if err == nil && r.truncated {
		return d.whole.exchange(ctx, q, m, deadline)
	}
	return r, err
}

// socket picks a socket, and opens it where there are not enough yet.
func (d *datagram) socket(ctx context.Context, deadline time.Time) (*socket, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.open) == sockets {
		i := rand.IntN(sockets)
		if !d.open[i].ended() {
			return d.open[i], nil
		}
		d.open[i] = d.open[sockets-1]
		d.open = d.open[:sockets-1]
	}
	dialer := net.Dialer{Deadline: deadline}
	conn, err := dialer.DialContext(ctx, "udp", d.address)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, waiting: map[uint16]*waiter{}}
	d.readers.Go(s.receive)
	d.open = append(d.open, s)
	return s, nil
}

func (d *datagram) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.open {
		s.conn.Close()
	}
	d.readers.Wait()
	d.open = nil
	d.whole.close()
}

// socket is one end of UDP with questions on their way. It is connected, so that the
// kernel passes on what comes from the server alone, and tells when nobody listens.
type socket struct {
	conn net.Conn

	mu      sync.Mutex
	waiting map[uint16]*waiter // by id
	strays  int                // messages that belong to no question
	stray   *lie               // what is wrong with the last of them
	failed  error              // why the socket ended
}

// waiter waits for the reply to a question.
type waiter struct {
	question question
	came     chan outcome // takes one
	refused  int          // messages with its id that were no reply to it
	last     *lie         // what was wrong with the last of them
	strays   int          // of the socket, when it began to wait

	timer   *time.Timer
	message [maxQuestion]byte
}

// waiters keeps waiters for the next questions.
var waiters = sync.Pool{New: func() any {
	return &waiter{came: make(chan outcome, 1), timer: time.NewTimer(time.Hour)}
}}

// release gives a waiter back that nobody hands a reply to any more.
func (w *waiter) release() {
	w.timer.Stop()
	w.refused, w.last = 0, nil
	select {
	case <-w.came:
	default:
	}
	waiters.Put(w)
}

type outcome struct {
	reply reply
	err   error
}

func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed != nil
}

// briefly is how long a question waits for its reply before it is sent again, for it may
// have been lost: far longer than most replies take. The wait doubles each time.
const briefly = 800 * time.Millisecond

// ask sends a question, and again now and then, and waits for the reply.
func (s *socket) ask(ctx context.Context, q question, m manner, deadline time.Time) (reply, error) {
	w := waiters.Get().(*waiter)
	defer w.release()
	w.question = q
	id, err := s.await(w)
	if err != nil {
		return reply{}, err
	}
	defer s.forget(id)
	message := q.pack(w.message[:0], id, m)
	for wait := briefly; ; wait *= 2 {
		if _, err := s.conn.Write(message); err != nil {
			return reply{}, err
		}
		left := time.Until(deadline)
		w.timer.Reset(min(wait, left))
		select {
		case o := <-w.came:
			return o.reply, o.err
		case <-w.timer.C:
			if left <= wait {
				return reply{}, s.silence(w)
			}
		case <-ctx.Done():
			return reply{}, ctx.Err()
		}
	}
}

// await gives a waiter an id that is free.
func (s *socket) await(w *waiter) (uint16, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.strays = s.strays
	for s.failed == nil {
		id := uint16(rand.Uint32())
		if s.waiting[id] == nil {
			s.waiting[id] = w
			return id, nil
		}
	}
	return 0, s.failed
}

func (s *socket) forget(id uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, id)
}

// silence says what came instead of a reply.
func (s *socket) silence(w *waiter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case w.refused > 0:
		return &lie{fmt.Sprintf("%v; none came that could be taken", w.last)}
	case s.strays > w.strays:
		return &lie{fmt.Sprintf("%v; none came that could be taken", s.stray)}
	}
	return context.DeadlineExceeded
}

// receive hands out what comes until the socket is closed.
func (s *socket) receive() {
	buffer := make([]byte, udpSize)
	for {
		n, err := s.conn.Read(buffer)
		if err == nil {
			s.hand(buffer[:n])
			continue
		}
		ends := !passing(err)
		s.fail(err, ends)
		if ends {
			s.conn.Close()
			return
		}
	}
}

// passing reports whether the error of a read is an ICMP message, which the socket
// survives.
func passing(err error) bool {
	failure := sonde.ConnectFailure(err)
	return failure == sonde.Refused || failure == sonde.Unreachable
}

// hand gives a message to whoever waits for it. A message that cannot be the reply is
// passed over, since it may come from somebody who forges.
func (s *socket) hand(message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(message) < headerSize {
		s.strays, s.stray = s.strays+1, errTooShort
		return
	}
	id := binary.BigEndian.Uint16(message)
	w := s.waiting[id]
	if w == nil {
		s.strays, s.stray = s.strays+1, errOtherID
		return
	}
	r, err := w.question.read(message, id)
	if l, ok := errors.AsType[*lie](err); ok {
		w.refused, w.last = w.refused+1, l
		return
	}
	delete(s.waiting, id)
	w.came <- outcome{r, err}
}

// fail tells all who wait that no reply will come, and with ends all who will.
func (s *socket) fail(err error, ends bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ends {
		s.failed = err
	}
	for id, w := range s.waiting {
		delete(s.waiting, id)
		w.came <- outcome{err: err}
	}
}
