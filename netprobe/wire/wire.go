// Package wire holds the two ends of a connection, to try a firewall, show a protocol,
// talk, or move a file where there is nothing else. Each end speaks plain bytes, so that
// any other program, nc the first, can be the other.
//
//   - listen.go: a [Server] greets many clients at once, and echoes or reports what they say
//   - datagram.go: the same over UDP
//   - connect.go: a [Conversation] says what is to be said and passes on what comes
//   - secure.go: certificates of our own, and how the other end's is held against a fingerprint
//   - chat.go, member.go, line.go: a [Chat] with rooms and names, in lines of text
//   - send.go, recv.go, offer.go: a file under its SHA-256, taken up again after a cut
package wire

import (
	"net"
	"net/netip"
	"time"
)

// EventKind says what happened to a client.
type EventKind string

// The kinds of events, in the order in which a client meets them.
const (
	Came EventKind = "came"
	Said EventKind = "said"
	Left EventKind = "left"
)

// Event is what happened to one client of a listening end.
type Event struct {
	At     time.Time
	Kind   EventKind
	Client netip.AddrPort
	Data   []byte        // of Said: what it said, the caller's until the call returns
	In     int64         // of Left: bytes that it said
	Out    int64         // of Left: bytes that it was told
	Stay   time.Duration // of Left: how long it was there
	Err    error         // of Left: why it broke off; nil where it went by itself
}

// remote is where a connection comes from.
func remote(c net.Conn) netip.AddrPort {
	a, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
