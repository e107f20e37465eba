package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"

	"sonde"
)

// maxAddresses bounds how many addresses of a name are tried.
const maxAddresses = 16

// A resolver turns names into addresses.
type resolver struct {
	// dial connects to a name server; nil: as the system is configured.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// loopback is what names below localhost mean (RFC 6761, section 6.3).
var loopback = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}

// lookup returns the addresses of host in the order in which to try them, at
// least one. A literal is its own address. Errors are a *failure.
func (r resolver) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	host = plainHost(host)
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	switch {
	case host == "localhost", strings.HasSuffix(host, ".localhost"):
		return loopback, nil
	case strings.HasSuffix(host, ".onion"):
		return nil, failed(sonde.NXDomain, nil, "looking up %s: onion services are reached through a Tor proxy only (RFC 7686)", host)
	}
	return r.ask(ctx, host)
}

// ask asks the name servers. A name with a dot is asked as it is, without the
// search list, which is for what people type.
func (r resolver) ask(ctx context.Context, host string) ([]netip.Addr, error) {
	name := host
	if strings.Contains(host, ".") {
		name += "."
	}
	var replies replies
	system := net.Resolver{PreferGo: r.dial != nil || runtime.GOOS == "linux", Dial: replies.watch(r.dial)}
	addrs, err := system.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil, lookupFailure(host, err, &replies)
	}
	if len(addrs) == 0 {
		return nil, failed(sonde.NoAddress, nil, "looking up %s: the name has no address", host)
	}
	addrs = addrs[:min(len(addrs), maxAddresses)]
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	return addrs, nil
}

// lookupFailure says why host gave no address.
func lookupFailure(host string, err error, seen *replies) *failure {
	var dns *net.DNSError
	switch {
	case sonde.TimedOut(err):
		return failed(sonde.DNSTimeout, nil, "looking up %s: no name server answered in time", host)
	case !errors.As(err, &dns) || !dns.IsNotFound:
		return failed(sonde.ServFail, nil, "looking up %s: the name servers could not find out", host)
	case seen.noData.Load() && !seen.noName.Load():
		return failed(sonde.NoAddress, nil, "looking up %s: the name exists and has no address", host)
	}
	return failed(sonde.NXDomain, nil, "looking up %s: the name does not exist", host)
}

// replies watches what name servers reply, because the net package does not tell
// a name that does not exist from one without addresses.
type replies struct {
	noName, noData atomic.Bool // response codes 3 and 0 were seen (RFC 1035, section 4.1.1)
}

func (s *replies) watch(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if datagrams, ok := c.(*net.UDPConn); ok {
			return &watchedConn{datagrams, s}, err
		}
		return c, err
	}
}

// A watchedConn notes the response code of each reply. Replies over TCP follow a
// truncated one over UDP, which has told already.
type watchedConn struct {
	*net.UDPConn
	seen *replies
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.UDPConn.Read(p)
	if n < 12 || p[2]&0x80 == 0 {
		return n, err
	}
	switch p[3] & 0x0f {
	case 0:
		c.seen.noData.Store(true)
	case 3:
		c.seen.noName.Store(true)
	}
	return n, err
}
