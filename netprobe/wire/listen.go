package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Server is a listening end. Its zero value takes clients in, tells them nothing and
// forgets what they say.
type Server struct {
	Greeting string      // what every client is told first
	Echo     bool        // clients are told what they say
	Once     bool        // the first client is the only one
	Max      int         // clients at once; more wait until one leaves. 0: 10,000
	TLS      *tls.Config // nil: no TLS
	// Tell is told of every client, by one goroutine at a time. What it holds up waits,
	// and with it all clients. nil: nobody is told.
	Tell func(Event)

	telling sync.Mutex
}

const (
	defaultMax  = 10_000
	handshake   = 10 * time.Second // what TLS may take
	outOfFiles  = 100 * time.Millisecond
	listenChunk = 32 << 10 // bytes read at once
)

func (s *Server) max() int {
	switch {
	case s.Once:
		return 1
	case s.Max > 0:
		return s.Max
	}
	return defaultMax
}

func (s *Server) tell(e Event) {
	if s.Tell == nil {
		return
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.Tell(e)
}

// Serve serves the clients of l until ctx ends, or with Once until the first has left,
// and closes l. It returns when all clients are gone. The error says why l gives no more
// clients; it is nil when ctx has ended.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, s.max(), s.Once, s.client)
}

// serve hands each client of l to do, at most so many at once, and waits for all. Every
// client's context ends with ctx.
func serve(parent context.Context, l net.Listener, most int, once bool, do func(context.Context, net.Conn)) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	closed := context.AfterFunc(ctx, func() { l.Close() })
	defer closed()
	var clients sync.WaitGroup
	places := make(chan struct{}, most)
	for {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		c, err := accept(ctx, l)
		if err != nil {
			cancel()
			clients.Wait()
			if parent.Err() != nil {
				return nil
			}
			return err
		}
		clients.Go(func() {
			defer func() { <-places }()
			withClient(ctx, c, do)
		})
		if once {
			l.Close()
			clients.Wait()
			return nil
		}
	}
}

// withClient closes the client when do has returned, or ctx has ended.
func withClient(ctx context.Context, c net.Conn, do func(context.Context, net.Conn)) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	defer c.Close()
	do(ctx, c)
}

// accept waits for the next client. Where there are no descriptors left, it waits for
// some.
func accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, err
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ECONNABORTED):
			select {
			case <-time.After(outOfFiles):
			case <-ctx.Done():
			}
		default:
			return nil, err
		}
	}
}

// client serves one client.
func (s *Server) client(ctx context.Context, c net.Conn) {
	v := &stay{server: s, client: remote(c), since: time.Now()}
	s.tell(Event{At: v.since.UTC(), Kind: Came, Client: v.client})
	v.leave(v.converse(ctx, s.secured(c)))
}

func (s *Server) secured(c net.Conn) net.Conn {
	if s.TLS == nil {
		return c
	}
	return tls.Server(c, s.TLS)
}

// A stay is a client while it is there.
type stay struct {
	server  *Server
	client  netip.AddrPort
	since   time.Time
	in, out int64
}

// converse greets and listens until the client has said all.
func (v *stay) converse(ctx context.Context, c net.Conn) error {
	if err := shake(ctx, c); err != nil {
		return err
	}
	if err := v.say(c, []byte(v.server.Greeting)); err != nil {
		return err
	}
	buffer := make([]byte, listenChunk)
	for {
		n, err := c.Read(buffer)
		if n > 0 {
			v.heard(buffer[:n])
			if v.server.Echo {
				err = errors.Join(err, v.say(c, buffer[:n]))
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func (v *stay) say(c io.Writer, text []byte) error {
	if len(text) == 0 {
		return nil
	}
	n, err := c.Write(text)
	v.out += int64(n)
	return err
}

func (v *stay) heard(data []byte) {
	v.in += int64(len(data))
	v.server.tell(Event{At: time.Now().UTC(), Kind: Said, Client: v.client, Data: data})
}

func (v *stay) leave(err error) {
	v.server.tell(Event{At: time.Now().UTC(), Kind: Left, Client: v.client, In: v.in, Out: v.out, Stay: time.Since(v.since), Err: err})
}
