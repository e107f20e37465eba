package scan

import (
	"context"
	"net"
	"sync"

	"sonde"
)

// maxTalks is how many open ports are talked with at once; more wait for their turn.
const maxTalks = 128

// opener is whoever asks who answers on an open port.
type opener func(ctx context.Context, conn net.Conn, port sonde.Port) sonde.Service

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
func (t *talks) begin(ctx context.Context, open opener, conn net.Conn, h *host, i int) {
	t.count++
	over := talk{host: h, port: i}
	port := h.found(i)
	t.group.Go(func() {
		select {
		case t.turns <- struct{}{}:
			over.service = open(ctx, conn, port)
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
