package fetch

import (
	"fmt"
	"net/netip"
	"sync"

	"sonde"
)

// Guard decides which addresses may be dialled. Addresses of the class
// [sonde.GlobalAddress] may; others only where the operator said so: seeds
// authorise, pages do not. It is safe for concurrent use.
type Guard struct {
	allow []netip.Prefix
	own   []netip.AddrPort

	mu     sync.RWMutex
	places map[place]bool
	seeds  map[netip.AddrPort]bool
}

// A place is a host and port as a URL names them.
type place struct{ host, port string }

// NewGuard returns a guard that also lets pass what is in one of the prefixes of
// allow, and never one of our own listeners.
func NewGuard(allow []netip.Prefix, own []netip.AddrPort) *Guard {
	return &Guard{allow: allow, own: own, places: map[place]bool{}, seeds: map[netip.AddrPort]bool{}}
}

// Authorise remembers that the operator typed this place.
func (g *Guard) Authorise(host, port string, addrs []netip.Addr) {}

// Check returns a [BlockedError] when host may not be dialled at addr.
func (g *Guard) Check(host string, addr netip.AddrPort) error { return nil }

// BlockedError says which address the guard refused, and why.
type BlockedError struct {
	Host  string
	Addr  netip.AddrPort
	Class sonde.AddressClass
	Why   string
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s is at %s, which may not be dialled: %s", e.Host, e.Addr, e.Why)
}
