package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sonde"
)

// Bounds of a trace: servers asked in all, servers of one zone, and how deep the
// addresses of name servers may lie behind those of others.
const (
	maxSteps       = 64
	maxZoneServers = 4
	maxBehind      = 4
)

// rootServers are the addresses of the root servers, which change once in years (IANA,
// root hints).
var rootServers = []string{
	"198.41.0.4", "2001:503:ba3e::2:30", "170.247.170.2", "2801:1b8:10::b", "192.33.4.12", "2001:500:2::c",
	"199.7.91.13", "2001:500:2d::d", "192.203.230.10", "2001:500:a8::e", "192.5.5.241", "2001:500:2f::f",
	"192.112.36.4", "2001:500:12::d0d", "198.97.190.53", "2001:500:1::53", "192.36.148.17", "2001:7fe::53",
	"192.58.128.30", "2001:503:c27::2:30", "193.0.14.129", "2001:7fd::1", "199.7.83.42", "2001:500:9f::42",
	"202.12.27.33", "2001:dc3::35",
}

// errNamedTrace is the error of tracing from a server that passes questions on.
var errNamedTrace = errors.New("a trace begins at an address: tls:// and https:// servers pass questions on")

// Trace asks the root servers, or the server that the resolver was made with, and goes
// down from zone to zone. each is told of every server that answered: the zone that it
// was asked for, and what came. Its records are the name servers of the next zone, or
// with the last the answer itself.
func (r *Resolver) Trace(ctx context.Context, q Question, each func(zone string, a sonde.DNSAnswer) error) (sonde.DNSAnswer, error) {
	w := &walk{resolver: r, each: each}
	if err := w.begin(); err != nil {
		return sonde.DNSAnswer{}, err
	}
	name := strings.TrimSuffix(q.Name, ".")
	asked := question{orElse(name, "."), q.Type}
	if address, err := netip.ParseAddr(name); err == nil {
		asked.name = Reverse(address)
	}
	a, err := w.down(ctx, asked, 0)
	a.Host = orElse(name, ".")
	return a, err
}

// walk is a way down from the top.
type walk struct {
	resolver *Resolver
	each     func(zone string, a sonde.DNSAnswer) error
	top      []netip.AddrPort
	private  bool // the top is not public, so what it names need not be
	steps    int
}

// begin finds where the way begins.
func (w *walk) begin() error {
	if w.resolver.system == nil {
		d, ok := w.resolver.ways[0].server.(*datagram)
		if !ok {
			return errNamedTrace
		}
		address, err := netip.ParseAddrPort(d.address)
		if err != nil {
			return errNamedTrace
		}
		w.top, w.private = []netip.AddrPort{address}, sonde.ClassOf(address.Addr()) != sonde.GlobalAddress
		return nil
	}
	for _, text := range rootServers {
		if address := netip.MustParseAddr(text); w.resolver.config.Family.covers(address) {
			w.top = append(w.top, netip.AddrPortFrom(address, 53))
		}
	}
	return nil
}

// delegation is a zone and where its servers are.
type delegation struct {
	zone    string
	servers []netip.AddrPort
	names   []string // of servers whose addresses nobody told
}

// down goes from the top to the answer. behind is how many other names lie before.
func (w *walk) down(ctx context.Context, q question, behind int) (sonde.DNSAnswer, error) {
	at := delegation{zone: ".", servers: w.top}
	var aliases []sonde.DNSRecord
	for {
		a, r, err := w.askZone(ctx, at, q, behind)
		if err != nil {
			return a, err
		}
		next, referred := w.referral(at.zone, q, r)
		if referred {
			a.Records, a.Failure, a.Detail = nameServers(r, next.zone), sonde.NoFailure, ""
		}
		if err := w.tell(behind, at.zone, a); err != nil {
			return a, err
		}
		if referred {
			at = next
			continue
		}
		a.Records = append(aliases, a.Records...)
		end, again := continues(q, a)
		if !again || len(aliases) > maxAliases {
			return a, nil
		}
		aliases, q, at = a.Records, question{end, q.kind}, delegation{zone: ".", servers: w.top}
	}
}

// tell tells of a server that was asked for the name itself.
func (w *walk) tell(behind int, zone string, a sonde.DNSAnswer) error {
	if behind > 0 {
		return nil
	}
	return w.each(zone, a)
}

// continues gives the name that an answer of aliases alone leads to.
func continues(q question, a sonde.DNSAnswer) (end string, again bool) {
	n := len(a.Records)
	if n == 0 || a.RCode != "NOERROR" || q.kind == "CNAME" || a.Records[n-1].Type != "CNAME" {
		return "", false
	}
	return a.Records[n-1].Value, true
}

// askZone asks the servers of a zone one after the other until one answers.
func (w *walk) askZone(ctx context.Context, at delegation, q question, behind int) (sonde.DNSAnswer, reply, error) {
	a := sonde.DNSAnswer{Host: q.name, Type: q.kind, At: time.Now().UTC(), Failure: sonde.ServFail,
		Detail: fmt.Sprintf("no server of the zone %s has an address that may be asked", at.zone)}
	for _, name := range at.names {
		if len(at.servers) > 0 {
			break
		}
		at.servers = w.addressesOf(ctx, name, behind+1)
	}
	for _, address := range at.servers[:min(len(at.servers), maxZoneServers)] {
		if w.steps++; w.steps > maxSteps {
			a.Failure, a.Detail = sonde.DNSMalformed, fmt.Sprintf("the way down has more than %d steps", maxSteps)
			return a, reply{}, nil
		}
		var r reply
		if a, r = w.ask(ctx, address, q); a.RCode == "NOERROR" || a.RCode == "NXDOMAIN" || ctx.Err() != nil {
			return a, r, ctx.Err()
		}
	}
	return a, reply{}, nil
}

// ask asks one server for what it knows itself.
func (w *walk) ask(ctx context.Context, address netip.AddrPort, q question) (sonde.DNSAnswer, reply) {
	d := newDatagram(address.String())
	defer d.close()
	start := time.Now()
	r, err := exchange(ctx, d, q, manner{dnssec: w.resolver.config.DNSSEC}, start.Add(w.resolver.config.Timeout))
	a := sonde.DNSAnswer{Host: q.name, Type: q.kind}
	if err == nil {
		a = q.answer(r)
	} else {
		a.Failure, a.Detail = failureOf(err, nil)
	}
	a.Resolver, a.Server, a.At, a.RTT = address.String(), address.String(), start.UTC(), time.Since(start)
	return a, r
}

// referral reads where a reply sends on to: a zone below the one that was asked, on the
// way to the name.
func (w *walk) referral(zone string, q question, r reply) (delegation, bool) {
	if r.rcode != "NOERROR" || len(r.answer) > 0 || r.authoritative {
		return delegation{}, false
	}
	i := slices.IndexFunc(r.authority, func(a sonde.DNSRecord) bool {
		return a.Type == "NS" && a.Name != zone && below(a.Name, zone) && below(q.name, a.Name)
	})
	if i < 0 {
		return delegation{}, false
	}
	next := delegation{zone: r.authority[i].Name}
	for _, ns := range nameServers(r, next.zone) {
		known := len(next.servers)
		for _, glue := range r.additional {
			if glue.Name == ns.Value && (glue.Type == "A" || glue.Type == "AAAA") {
				next.servers = w.admit(next.servers, glue.Value)
			}
		}
		if len(next.servers) == known {
			next.names = append(next.names, ns.Value)
		}
	}
	return next, true
}

// below reports whether a name is a zone or lies in it.
func below(name, zone string) bool {
	return zone == "." || name == zone || strings.HasSuffix(name, "."+zone)
}

// nameServers are the name servers of a zone in a referral.
func nameServers(r reply, zone string) []sonde.DNSRecord {
	return slices.DeleteFunc(slices.Clone(r.authority), func(a sonde.DNSRecord) bool { return a.Type != "NS" || a.Name != zone })
}

// admit adds the address of a server that may be asked: the DNS does not lead from
// public servers to addresses that are not.
func (w *walk) admit(servers []netip.AddrPort, text string) []netip.AddrPort {
	address, err := netip.ParseAddr(text)
	if err != nil || !w.resolver.config.Family.covers(address) {
		return servers
	}
	if class := sonde.ClassOf(address); class != sonde.GlobalAddress && (!w.private || class == sonde.NeverAddress) {
		return servers
	}
	return append(servers, netip.AddrPortFrom(address, w.top[0].Port()))
}

// addressesOf finds the addresses of a name server, from the top too.
func (w *walk) addressesOf(ctx context.Context, name string, behind int) (servers []netip.AddrPort) {
	if behind > maxBehind {
		return nil
	}
	for _, kind := range []string{"A", "AAAA"} {
		a, err := w.down(ctx, question{name, kind}, behind)
		if err != nil {
			return servers
		}
		for _, r := range a.Records {
			if r.Type == kind {
				servers = w.admit(servers, r.Value)
			}
		}
		if len(servers) > 0 {
			break
		}
	}
	return servers
}
