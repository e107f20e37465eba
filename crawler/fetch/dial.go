package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sonde"
)

// A connection is what requests travel on: the TCP connection, what it took to
// open it, and what TLS told on it. Where there is TLS, it lies below.
type connection struct {
	net.Conn
	remote            netip.AddrPort
	dns, tcp, tlsTime time.Duration
	tls               *sonde.TLSFacts

	ended   atomic.Bool   // the peer has closed its side
	reading atomic.Bool   // somebody waits for what the peer sends
	closed  atomic.Bool   // by us
	changed chan struct{} // reading or closed became true
}

func newConnection(c net.Conn) *connection {
	return &connection{Conn: c, changed: make(chan struct{}, 1)}
}

// Read notes the end of what the peer sends, which the layers above may hide.
func (c *connection) Read(p []byte) (int, error) {
	c.reading.Store(true)
	c.tell()
	n, err := c.Conn.Read(p)
	c.reading.Store(false)
	if errors.Is(err, io.EOF) {
		c.ended.Store(true)
	}
	return n, err
}

// Close closes the connection.
func (c *connection) Close() error {
	c.closed.Store(true)
	c.tell()
	return c.Conn.Close()
}

func (c *connection) tell() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// settle waits until net/http has looked at what followed the answer before: it
// then either reads on, because nothing did, or has closed the connection. Without
// it, a request that comes at once could be given as its answer what a broken
// server sent after the end of the one before.
func (c *connection) settle(ctx context.Context) {
	for !c.reading.Load() && !c.closed.Load() {
		select {
		case <-c.changed:
		case <-ctx.Done():
			return
		}
	}
}

// http2 reports whether the connection speaks HTTP/2.
func (c *connection) http2() bool { return c.tls != nil && c.tls.ALPN == "h2" }

// connectionOf finds the connection below what net/http holds.
func connectionOf(c net.Conn) *connection {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	found, _ := c.(*connection)
	return found
}

// A dialer opens connections. Every address is judged by the guard at the moment
// it is dialled.
type dialer struct {
	guard    *Guard
	resolver resolver
	pins     map[string]netip.Addr // by "host:port"; they come before the resolver
	limit    time.Duration         // of name, TCP and TLS, each
	proxy    *proxy                // nil: none
	tls      *tls.Config
	insecure bool
	certs    *certificates
	http1    *hostSet // places whose HTTP/2 is broken
	open     sync.WaitGroup
}

// dialPlain connects for http URLs.
func (d *dialer) dialPlain(ctx context.Context, _, address string) (net.Conn, error) {
	d.open.Add(1)
	defer d.open.Done()
	c, err := d.reach(ctx, address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// dialTLS connects for https URLs, and shakes hands.
func (d *dialer) dialTLS(ctx context.Context, _, address string) (net.Conn, error) {
	d.open.Add(1)
	defer d.open.Done()
	c, err := d.reach(ctx, address)
	if err != nil {
		return nil, err
	}
	return d.secure(ctx, c, address)
}

// reach connects to address ("host:port"), through the proxy where there is one.
func (d *dialer) reach(ctx context.Context, address string) (*connection, error) {
	if d.proxy != nil {
		return d.proxy.reach(ctx, d, address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, failed(sonde.ConnectFailed, err, "connecting to %s", address)
	}
	return d.connect(ctx, host, port, d.guard.Check)
}

// connect looks host up and connects to one of its addresses that check lets pass.
func (d *dialer) connect(ctx context.Context, host, port string, check func(string, netip.AddrPort) error) (*connection, error) {
	start := time.Now()
	addrs, err := d.addresses(ctx, host, port)
	if err != nil {
		return nil, err
	}
	known := time.Now()
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	attempt := attempt{host: host, port: port, check: check}
	c, err := attempt.race(ctx, interleave(addrs))
	if err != nil {
		return nil, err
	}
	line := newConnection(c)
	line.remote, line.dns, line.tcp = remoteOf(c), known.Sub(start), time.Since(known)
	return line, nil
}

// addresses are those to dial for a host and port.
func (d *dialer) addresses(ctx context.Context, host, port string) ([]netip.Addr, error) {
	if pin, ok := d.pins[net.JoinHostPort(plainHost(host), port)]; ok {
		return []netip.Addr{pin}, nil
	}
	return d.lookup(ctx, host)
}

func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	return d.resolver.lookup(ctx, host)
}

// An attempt is one host and port to connect to.
type attempt struct {
	host, port string
	check      func(host string, addr netip.AddrPort) error
}

// headStart is what an address gets before the next is tried beside it
// (RFC 8305, section 5).
const headStart = 250 * time.Millisecond

// race tries the addresses one after the other, each with a head start before the
// next, until one connects (RFC 8305). All attempts have ended when it returns.
func (a attempt) race(ctx context.Context, addrs []netip.Addr) (net.Conn, error) {
	if len(addrs) == 1 {
		return a.dial(ctx, addrs[0])
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan dialled)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var worst error
	running := 0
	for len(addrs) > 0 || running > 0 {
		select {
		case <-timer.C:
			if len(addrs) == 0 {
				continue
			}
			next := addrs[0]
			addrs = addrs[1:]
			running++
			go func() {
				c, err := a.dial(ctx, next)
				results <- dialled{c, err}
			}()
			timer.Reset(headStart)
		case r := <-results:
			running--
			if r.err == nil {
				cancel()
				discard(results, running)
				return r.conn, nil
			}
			worst = graver(worst, r.err)
			timer.Reset(0)
		}
	}
	return nil, worst
}

// dialled is what one address gave.
type dialled struct {
	conn net.Conn
	err  error
}

// discard waits for the attempts that lost the race.
func discard(results <-chan dialled, running int) {
	for range running {
		if r := <-results; r.err == nil {
			r.conn.Close()
		}
	}
}

// graver chooses the error to tell: the guard's, because then not all addresses
// were tried, otherwise the first.
func graver(first, second error) error {
	if first == nil {
		return second
	}
	if f, ok := second.(*failure); ok && f.kind == sonde.Forbidden {
		return second
	}
	return first
}

// dial connects to one address. The guard is asked by the dialler itself, about
// the address that goes to the kernel.
func (a attempt) dial(ctx context.Context, addr netip.Addr) (net.Conn, error) {
	target := net.JoinHostPort(addr.String(), a.port)
	d := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		resolved, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return a.check(a.host, resolved)
	}}
	c, err := d.DialContext(ctx, "tcp", target)
	if err != nil {
		return nil, connectFailure(a.host, target, err)
	}
	return c, nil
}

// interleave alternates the families of the addresses, beginning with the first's
// (RFC 8305, section 4).
func interleave(addrs []netip.Addr) []netip.Addr {
	var families [2][]netip.Addr
	for _, a := range addrs {
		i := 0
		if a.Is4() != addrs[0].Is4() {
			i = 1
		}
		families[i] = append(families[i], a)
	}
	mixed := make([]netip.Addr, 0, len(addrs))
	for i := 0; len(mixed) < len(addrs); i++ {
		for _, family := range families {
			if i < len(family) {
				mixed = append(mixed, family[i])
			}
		}
	}
	return mixed
}

func remoteOf(c net.Conn) netip.AddrPort {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

// A hostSet remembers places, at most maxHosts of them. It is safe for concurrent
// use.
type hostSet struct {
	mu    sync.Mutex
	hosts map[string]bool
}

const maxHosts = 10_000

func (s *hostSet) add(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hosts == nil || len(s.hosts) >= maxHosts {
		s.hosts = map[string]bool{}
	}
	s.hosts[host] = true
}

func (s *hostSet) has(host string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hosts[host]
}
