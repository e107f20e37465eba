package scan

import (
	"context"
	"net"
	"sync"

	"sonde"
)

// maxTalks is how many open ports are talked with at once; more wait for their turn.
const maxTalks = 128

// talkRate is how many connections a second a talk should have for its questions, so that
// it ends before its limits, where the scan has a rate.
const talkRate = 5

// talksAtOnce is how many open ports may be talked with at once at a rate of connections
// a second; 0: any.
func talksAtOnce(rate float64) int {
	if rate <= 0 {
		return maxTalks
	}
	return max(1, min(maxTalks, int(rate/talkRate)))
}

// opener is whoever asks who answers on an open port. It makes no connection of its own
// before admit, which waits for the pace of the scan, returned nil.
type opener func(ctx context.Context, conn net.Conn, port sonde.Port, admit func(context.Context) error) sonde.Service

// talks are the connections that were given away to be talked on.
type talks struct {
	count int // of those whose end was not taken yet
	turns chan struct{}
	wake  func() // called when one is over
	group sync.WaitGroup

	mu    sync.Mutex
	ended []talk
}

// talk is one that is over.
type talk struct {
	host    *host
	port    int
	service sonde.Service
}

// settle gives the port its service.
func (t talk) settle() {
	t.host.ports[t.port].service = &t.service
	t.host.settle(t.port)
}

func newTalks(most int, wake func()) *talks {
	return &talks{turns: make(chan struct{}, most), wake: wake}
}

// begin has open called with the connection of a port.
func (t *talks) begin(ctx context.Context, open opener, admit func(context.Context) error, conn net.Conn, h *host, i int) {
	t.count++
	over := talk{host: h, port: i}
	port := h.found(i)
	t.group.Go(func() {
		select {
		case t.turns <- struct{}{}:
			over.service = open(ctx, conn, port, admit)
			<-t.turns
		case <-ctx.Done():
		}
		conn.Close()
		t.end(over)
	})
}

func (t *talks) end(over talk) {
	t.mu.Lock()
	t.ended = append(t.ended, over)
	t.mu.Unlock()
	t.wake()
}

// over are the talks that ended since it was called last.
func (t *talks) over() []talk {
	if t.count == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	ended := t.ended
	t.ended = nil
	t.count -= len(ended)
	return ended
}

// wait waits until all talks are over.
func (t *talks) wait() []talk {
	t.group.Wait()
	return t.over()
}

// breakOff ends a connection by a reset, so that neither end has to remember it.
func breakOff(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}
