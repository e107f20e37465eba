package resolve

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

// burstSize is how many messages go to the kernel, or come from it, in one call at most.
const burstSize = 32

// burst asks one server many questions over a socket of its own, many with each call of
// the kernel. Only whole replies count there: what is late, cut, wrong or refused is
// asked again alone.
type burst struct {
	*table
	way      *way
	manner   manner
	patience time.Duration
	conn     *net.UDPConn
	packets  *ipv4.PacketConn // the same socket; its batches are for IPv6 too

	mu    sync.Mutex
	out   map[uint16]*asking // by id
	ended bool               // the socket is of no use any more
}

// newBurst opens a burst at the resolver's first server. It is nil where that is not
// asked over UDP, or cannot be reached.
func (t *table) newBurst() *burst {
	ways := t.resolver.order()
	if len(ways) == 0 {
		return nil
	}
	d, ok := ways[0].server.(*datagram)
	if !ok {
		return nil
	}
	dialer := net.Dialer{Timeout: t.resolver.config.Timeout}
	conn, err := dialer.Dial("udp", d.address)
	if err != nil {
		return nil
	}
	socket := conn.(*net.UDPConn)
	return &burst{
		table: t, way: ways[0], conn: socket, packets: ipv4.NewPacketConn(socket),
		manner:   manner{recurse: true, dnssec: t.resolver.config.DNSSEC},
		patience: min(briefly, t.resolver.config.Timeout),
		out:      make(map[uint16]*asking, cap(t.seats)),
	}
}

// run asks the questions of the table until there are no more, the socket fails or ctx
// ends.
func (b *burst) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { b.conn.Close() })
	var ends sync.WaitGroup
	defer ends.Wait()
	defer stop()
	defer b.conn.Close()
	defer cancel()
	ends.Go(func() { b.receive(ctx) })
	ends.Go(func() { b.sweep(ctx) })
	b.send(ctx)
	b.await(ctx)
}

// send sends questions as they come, those together that are there at the same time.
func (b *burst) send(ctx context.Context) {
	jobs := make([]*asking, 0, burstSize)
	messages := make([]ipv4.Message, burstSize)
	for i := range messages {
		messages[i].Buffers = make([][]byte, 1)
	}
	for {
		jobs = b.gather(ctx, jobs[:0])
		if len(jobs) == 0 {
			return
		}
		jobs = b.register(ctx, jobs)
		for i, job := range jobs {
			messages[i].Buffers[0] = job.message[:job.size]
		}
		b.write(ctx, jobs, messages[:len(jobs)])
	}
}

// gather waits for a question and takes those that are there besides. There are none
// where nothing more is to be sent.
func (b *burst) gather(ctx context.Context, jobs []*asking) []*asking {
	select {
	case job, ok := <-b.jobs:
		if !ok {
			return jobs
		}
		jobs = append(jobs, job)
	case <-ctx.Done():
		return jobs
	}
	for len(jobs) < burstSize {
		select {
		case job, ok := <-b.jobs:
			if !ok {
				return jobs
			}
			jobs = append(jobs, job)
		default:
			return jobs
		}
	}
	return jobs
}

// register gives questions ids, has those asked alone that are not for a burst, and
// returns the others.
func (b *burst) register(ctx context.Context, jobs []*asking) []*asking {
	b.mu.Lock()
	defer b.mu.Unlock()
	registered := jobs[:0]
	now := time.Now()
	for _, job := range jobs {
		var plain bool
		job.question, plain = b.resolver.plainly(job.Question)
		if !plain || b.ended || len(b.resolver.ways) > 1 && b.way.silent.Load() {
			b.askAlone(ctx, job)
			continue
		}
		id := uint16(rand.Uint32())
		for b.out[id] != nil {
			id = uint16(rand.Uint32())
		}
		b.out[id], job.sent = job, now
		job.size = len(job.question.pack(job.message[:0], id, b.manner))
		registered = append(registered, job)
	}
	return registered
}

// write sends what was registered.
func (b *burst) write(ctx context.Context, jobs []*asking, messages []ipv4.Message) {
	for len(messages) > 0 {
		n, err := b.packets.WriteBatch(messages, 0)
		if err != nil {
			b.giveUp(ctx, func(job *asking) bool { return slices.Contains(jobs, job) })
			return
		}
		messages = messages[n:]
	}
}

// receive takes replies until the socket is closed or fails.
func (b *burst) receive(ctx context.Context) {
	messages := make([]ipv4.Message, burstSize)
	for i := range messages {
		messages[i].Buffers = [][]byte{make([]byte, udpSize)}
	}
	for {
		n, err := b.packets.ReadBatch(messages, 0)
		switch {
		case err == nil:
			b.hand(messages[:n])
			continue
		case ctx.Err() != nil:
			return
		}
		b.giveUp(ctx, func(*asking) bool { return true })
		if !passing(err) {
			b.end()
			return
		}
	}
}

// hand gives replies to the questions that wait for them. A message that is no reply is
// passed over, since it may come from somebody who forges.
func (b *burst) hand(messages []ipv4.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for _, m := range messages {
		message := m.Buffers[0][:m.N]
		if len(message) < headerSize {
			continue
		}
		id := binary.BigEndian.Uint16(message)
		job := b.out[id]
		if job == nil {
			continue
		}
		a, ok := job.question.settled(message, job.message[:job.size])
		if !ok {
			continue
		}
		delete(b.out, id)
		a.Host = orElse(strings.TrimSuffix(job.Name, "."), ".")
		a.Resolver, a.Server, a.At, a.RTT = b.resolver.label, b.way.name, job.sent.UTC(), now.Sub(job.sent)
		job.answer = a
		b.settle(job)
	}
	b.tell()
}

// sweep has questions asked alone that got no reply in a moment.
func (b *burst) sweep(ctx context.Context) {
	tick := time.NewTicker(b.patience / 4)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			b.giveUp(ctx, func(job *asking) bool { return now.Sub(job.sent) > b.patience })
		case <-ctx.Done():
			return
		}
	}
}

// giveUp has questions asked alone.
func (b *burst) giveUp(ctx context.Context, which func(*asking) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, job := range b.out {
		if which(job) {
			delete(b.out, id)
			b.askAlone(ctx, job)
		}
	}
}

// end has every question asked alone from now on.
func (b *burst) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}

// await waits until every question is settled: until all seats can be taken.
func (b *burst) await(ctx context.Context) {
	for range cap(b.seats) {
		select {
		case b.seats <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}
