//go:build !linux || portable

package scan

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"sonde"
)

// knocker knocks at ports with a goroutine for each. It is for one goroutine, wake
// left aside.
type knocker struct {
	last    int
	flying  map[int]context.CancelFunc
	open    map[int]net.Conn
	bell    chan struct{}
	group   sync.WaitGroup
	mu      sync.Mutex
	arrived []arrival
}

// arrival is an answer with the connection that it came on, if it did.
type arrival struct {
	answer
	conn net.Conn
}

func newKnocker() (*knocker, error) {
	return &knocker{
		flying: map[int]context.CancelFunc{}, open: map[int]net.Conn{}, bell: make(chan struct{}, 1),
	}, nil
}

func (k *knocker) close() {
	for _, cancel := range k.flying {
		cancel()
	}
	k.group.Wait()
	k.wait(0)
	for _, conn := range k.open {
		breakOff(conn)
	}
}

// wake ends a wait, or the next one. It is safe from any goroutine.
func (k *knocker) wake() {
	select {
	case k.bell <- struct{}{}:
	default:
	}
}

// knock asks a port; wait will tell the answer. An error says that this machine lacks
// what it takes, so that the port has to be asked again.
func (k *knocker) knock(ctx context.Context, transport sonde.Transport, to netip.AddrPort, questions [][]byte) (id int, reason sonde.PortReason, err error) {
	ctx, cancel := context.WithCancel(ctx)
	k.last++
	id = k.last
	k.flying[id] = cancel
	k.group.Go(func() {
		conn, reason, err := ask(ctx, transport, to, questions)
		k.mu.Lock()
		k.arrived = append(k.arrived, arrival{answer{id, reason, err}, conn})
		k.mu.Unlock()
		k.wake()
	})
	return id, "", nil
}

// ask connects, and over UDP asks and waits for the first reply.
func ask(ctx context.Context, transport sonde.Transport, to netip.AddrPort, questions [][]byte) (net.Conn, sonde.PortReason, error) {
	dialer := net.Dialer{KeepAlive: -1}
	conn, err := dialer.DialContext(ctx, string(transport), to.String())
	switch {
	case ctx.Err() != nil && conn != nil:
		breakOff(conn)
		fallthrough
	case ctx.Err() != nil:
		return nil, "", nil
	case isShortage(err):
		return nil, "", err
	case err != nil:
		return nil, reasonOf(err), nil
	}
	reason := sonde.ByAccept
	if transport == sonde.UDP {
		conn, reason = askUDP(ctx, conn, questions)
	}
	if conn != nil && conn.LocalAddr().String() == conn.RemoteAddr().String() {
		conn.Close()
		return nil, sonde.BySelfConnect, nil
	}
	return conn, reason, nil
}

// askUDP asks on a connection. The reply can be read from the one that it returns.
func askUDP(ctx context.Context, conn net.Conn, questions [][]byte) (net.Conn, sonde.PortReason) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	var err error
	for _, question := range questions {
		if _, failure := conn.Write(question); failure != nil {
			err = failure
		}
	}
	buffer := make([]byte, 64<<10)
	n := 0
	if err == nil {
		n, err = conn.Read(buffer)
	}
	switch {
	case !stop():
		conn.Close()
		return nil, ""
	case err != nil:
		conn.Close()
		return nil, reasonOf(err)
	}
	return &replayed{Conn: conn, reply: buffer[:n]}, sonde.ByReply
}

// replayed is a connection on which a reply was read that is given once more.
type replayed struct {
	net.Conn
	reply []byte
}

func (r *replayed) Read(b []byte) (int, error) {
	if r.reply == nil {
		return r.Conn.Read(b)
	}
	n := copy(b, r.reply)
	r.reply = nil
	return n, nil
}

// wait returns the answers that are there, or waits for some, but no longer than d.
func (k *knocker) wait(d time.Duration) []answer {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-k.bell:
	case <-timer.C:
	}
	k.mu.Lock()
	arrived := k.arrived
	k.arrived = nil
	k.mu.Unlock()
	return k.sort(arrived)
}

// sort keeps the connections of ports that are open, and the answers that are waited
// for and say something.
func (k *knocker) sort(arrived []arrival) []answer {
	var heard []answer
	for _, a := range arrived {
		_, waits := k.flying[a.id]
		if !waits || a.reason == "" && a.err == nil {
			if a.conn != nil {
				breakOff(a.conn)
			}
			continue
		}
		k.drop(a.id)
		if a.conn != nil {
			k.open[a.id] = a.conn
		}
		heard = append(heard, a.answer)
	}
	return heard
}

// take is the connection of an open port. The caller closes it.
func (k *knocker) take(id int) (net.Conn, error) {
	conn := k.open[id]
	delete(k.open, id)
	return conn, nil
}

// drop forgets a knock that was not answered.
func (k *knocker) drop(id int) {
	k.flying[id]()
	delete(k.flying, id)
}
