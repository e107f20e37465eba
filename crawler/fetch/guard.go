package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"sonde"
)

// Guard decides which addresses may be dialled. Global addresses may; private
// ones only where the operator said so: seeds authorise, pages do not. It is safe
// for concurrent use.
type Guard struct {
	allow []netip.Prefix
	own   []netip.AddrPort
	local map[netip.Addr]bool // of this machine, where own listens on all of them

	mu     sync.RWMutex
	places map[place]bool
	seeds  map[netip.AddrPort]bool
}

// A place is a host and port as URLs name them.
type place struct{ host, port string }

// NewGuard returns a guard that lets private addresses in one of the prefixes of
// allow pass too, and a [sonde.NeverAddress] where a prefix names it alone (a /32
// or /128). It never lets our own listeners pass; one on an unspecified address
// listens on every address of this machine.
func NewGuard(allow []netip.Prefix, own []netip.AddrPort) *Guard {
	g := &Guard{places: map[place]bool{}, seeds: map[netip.AddrPort]bool{}}
	for _, p := range allow {
		g.allow = append(g.allow, unmapPrefix(p))
	}
	for _, o := range own {
		o = unmap(o)
		g.own = append(g.own, o)
		if o.Addr().IsUnspecified() && g.local == nil {
			g.local = localAddresses()
		}
	}
	return g
}

// Authorise remembers that the operator typed this host and port, which resolved
// to addrs. Where one of them is private, the host may be dialled at private
// addresses on that port, and so may each such address by any name. A place whose
// addresses were all global gains nothing: if it answers with a private address
// later, that is not what the operator meant.
func (g *Guard) Authorise(host, port string, addrs []netip.Addr) {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range addrs {
		if sonde.ClassOf(a) == sonde.PrivateAddress {
			g.places[place{plainHost(host), port}] = true
			g.seeds[unmap(netip.AddrPortFrom(a, uint16(number)))] = true
		}
	}
}

// Check returns a [*BlockedError] when host may not be dialled at addr. It is
// asked at dial time, about the address that the connection really goes to.
func (g *Guard) Check(host string, addr netip.AddrPort) error {
	addr = unmap(addr)
	class := sonde.ClassOf(addr.Addr())
	switch {
	case g.isOwn(addr):
		return &BlockedError{host, addr, class, "it is Sonde's own listener"}
	case class == sonde.GlobalAddress, g.allows(addr.Addr(), class):
		return nil
	case class == sonde.NeverAddress:
		return &BlockedError{host, addr, class, "no web site lives there (cloud metadata, multicast or unspecified); only --allow-net with exactly this address permits it"}
	case g.authorised(host, addr):
		return nil
	}
	return &BlockedError{host, addr, class, "the address is not public and no seed authorises it; --allow-net permits it"}
}

// checkTyped is Check for a place that the operator named by itself, a proxy: only
// our own listeners are refused.
func (g *Guard) checkTyped(host string, addr netip.AddrPort) error {
	if addr = unmap(addr); g.isOwn(addr) {
		return &BlockedError{host, addr, sonde.ClassOf(addr.Addr()), "it is Sonde's own listener"}
	}
	return nil
}

// isOwn reports whether one of our own listeners answers at addr.
func (g *Guard) isOwn(addr netip.AddrPort) bool {
	for _, o := range g.own {
		if o == addr {
			return true
		}
		if o.Port() == addr.Port() && o.Addr().IsUnspecified() && g.isLocal(addr.Addr()) {
			return true
		}
	}
	return false
}

func (g *Guard) isLocal(a netip.Addr) bool {
	return a.IsLoopback() || a.IsUnspecified() || g.local[a.WithZone("")]
}

// allows reports whether a prefix of allow covers an address of that class.
func (g *Guard) allows(a netip.Addr, class sonde.AddressClass) bool {
	a = a.WithZone("")
	for _, p := range g.allow {
		if p.Contains(a) && (class == sonde.PrivateAddress || p.IsSingleIP()) {
			return true
		}
	}
	return false
}

// authorised reports whether a seed stands for the place or for the address.
func (g *Guard) authorised(host string, addr netip.AddrPort) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.seeds[addr] || g.places[place{plainHost(host), strconv.Itoa(int(addr.Port()))}]
}

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

// plainHost is a host as guard and resolver compare it: lower case, without the
// brackets of an IPv6 literal and the root dot.
func plainHost(host string) string {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// unmapPrefix turns ::ffff:10.0.0.0/104 into 10.0.0.0/8.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// localAddresses are the addresses of this machine; none where the system does
// not say, loopback being known anyway.
func localAddresses() map[netip.Addr]bool {
	local := map[netip.Addr]bool{}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return local
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			local[p.Addr().Unmap().WithZone("")] = true
		}
	}
	return local
}
