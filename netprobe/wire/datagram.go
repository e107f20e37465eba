package wire

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Datagrams know no clients: one is there from its first datagram until nothing has come
// from it for so long.
const clientIdle = time.Minute

// ServeDatagrams serves whoever sends datagrams to c, until ctx ends, or with Once until
// the first client has been silent for a minute, and closes c. Clients beyond Max are not
// answered. The error says why c gives no more; it is nil when ctx has ended.
func (s *Server) ServeDatagrams(ctx context.Context, c *net.UDPConn) error {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	defer c.Close()
	h := &hosting{server: s, conn: c, stays: map[netip.AddrPort]*datagramStay{}}
	defer func() { h.dismiss(time.Time{}) }()
	buffer := make([]byte, 64<<10)
	for {
		if err := c.SetReadDeadline(time.Now().Add(clientIdle / 4)); err != nil && ctx.Err() == nil {
			return err
		}
		n, from, err := c.ReadFromUDPAddrPort(buffer)
		switch timeout, ok := err.(net.Error); {
		case err == nil:
			h.take(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buffer[:n])
		case ctx.Err() != nil:
			return nil
		case !ok || !timeout.Timeout():
			return err
		}
		if left := h.dismiss(time.Now().Add(-clientIdle)); left && s.Once {
			return nil
		}
	}
}

// hosting is a server of datagrams and its clients.
type hosting struct {
	server    *Server
	conn      *net.UDPConn
	stays     map[netip.AddrPort]*datagramStay
	dismissed time.Time // when clients were last looked through
}

// A datagramStay is a client by its datagrams.
type datagramStay struct {
	stay
	last time.Time // when it was heard last
}

// take takes a datagram in. Where an answer does not go out, the client may ask again.
func (h *hosting) take(from netip.AddrPort, data []byte) {
	v, known := h.stays[from]
	if !known {
		if len(h.stays) >= h.server.max() {
			return
		}
		v = &datagramStay{stay: stay{server: h.server, client: from, since: time.Now()}}
		h.stays[from] = v
		h.server.tell(Event{At: v.since.UTC(), Kind: Came, Client: from})
		_ = v.say(toward{h.conn, from}, []byte(h.server.Greeting))
	}
	v.last = time.Now()
	if len(data) == 0 {
		return
	}
	v.heard(data)
	if h.server.Echo {
		_ = v.say(toward{h.conn, from}, data)
	}
}

// dismiss lets those go that were heard last before a time; all of them before the zero
// time. It reports whether one went.
func (h *hosting) dismiss(before time.Time) bool {
	if !before.IsZero() && before.Sub(h.dismissed) < clientIdle/8 {
		return false
	}
	h.dismissed = before
	gone := false
	for from, v := range h.stays {
		if before.IsZero() || v.last.Before(before) {
			v.leave(nil)
			delete(h.stays, from)
			gone = true
		}
	}
	return gone
}

// toward is the way to one client.
type toward struct {
	conn *net.UDPConn
	to   netip.AddrPort
}

// Write sends a datagram.
func (t toward) Write(p []byte) (int, error) { return t.conn.WriteToUDPAddrPort(p, t.to) }
