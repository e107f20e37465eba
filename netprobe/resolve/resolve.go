package resolve

import (
	"cmp"
	"context"
	"crypto/x509"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"sonde"
)

// System is the resolver of answers that came as the system is configured, and Hosts
// of those that the hosts file gave.
const (
	System = "system"
	Hosts  = "hosts"
)

// Family restricts questions and servers to one version of IP.
type Family string

// The families.
const (
	AnyFamily Family = ""
	IPv4      Family = "4"
	IPv6      Family = "6"
)

// covers reports whether an address belongs to the family.
func (f Family) covers(address netip.Addr) bool {
	return f == AnyFamily || address.Unmap().Is4() == (f == IPv4)
}

// Config is how to ask. The zero value asks as the system is configured.
type Config struct {
	// Server is whom to ask: an address with or without port, "tls://ADDRESS[:PORT][#NAME]",
	// or "https://…". "" asks as the system is configured.
	Server string

	Timeout time.Duration // of one try; 0: what the system says, or 3 s of a named server
	Tries   int           // of a question at a server that does not answer; 0: what the system says, or 2
	DNSSEC  bool          // ask for signatures
	Family  Family        // of the servers

	Roots      *x509.CertPool // authorities of tls:// and https://; nil: the system's
	ResolvConf string         // the system's configuration; "": /etc/resolv.conf
	HostsFile  string         // "": /etc/hosts
}

// Question is what to ask for: a name in the form that [Name] gives, or the text of an
// address where the type is PTR.
type Question struct {
	Name string
	Type string // one of Types
}

// Resolver asks. It is safe for concurrent use and keeps sockets and connections for
// the next question. Close it.
type Resolver struct {
	config Config
	label  string  // [sonde.DNSAnswer.Resolver] of what servers say
	system *system // nil where a server is named
	ways   []*way
}

// way is a server and how it did.
type way struct {
	server
	name   string
	silent atomic.Bool // it did not answer when it was asked last
}

// New makes a resolver. The error says what is wrong with the server's name.
func New(c Config) (*Resolver, error) {
	if c.Server != "" {
		return named(c)
	}
	s := readSystem(&c)
	r := &Resolver{config: c, label: System, system: s}
	for _, address := range s.conf.servers {
		if c.Family.covers(address) {
			at := netip.AddrPortFrom(address, 53).String()
			r.ways = append(r.ways, &way{server: newDatagram(at), name: at})
		}
	}
	r.config.Timeout = cmp.Or(c.Timeout, s.conf.timeout)
	r.config.Tries = cmp.Or(c.Tries, s.conf.tries)
	return r, nil
}

// named makes a resolver that asks one server.
func named(c Config) (*Resolver, error) {
	s, err := newServer(c.Server, &c)
	if err != nil {
		return nil, err
	}
	c.Timeout, c.Tries = cmp.Or(c.Timeout, 3*time.Second), cmp.Or(c.Tries, 2)
	label := labelOf(s)
	return &Resolver{config: c, label: label, ways: []*way{{server: s, name: label}}}, nil
}

// labelOf is a server as answers name it.
func labelOf(s server) string {
	switch s := s.(type) {
	case *stream:
		return "tls://" + s.address
	case *https:
		return s.url
	case *datagram:
		return s.address
	}
	return ""
}

// Close lets go of sockets and connections.
func (r *Resolver) Close() {
	for _, w := range r.ways {
		w.close()
	}
}

// Ask asks one question. It never fails: that no answer came is the answer.
func (r *Resolver) Ask(ctx context.Context, q Question) sonde.DNSAnswer {
	if r.system != nil {
		if a, known := r.system.lookup(q); known {
			return a
		}
	}
	var a sonde.DNSAnswer
	for _, name := range r.names(q) {
		a = r.find(ctx, question{name, q.Type})
		if a.Failure != sonde.NXDomain {
			break
		}
	}
	a.Host = orElse(strings.TrimSuffix(q.Name, "."), ".")
	return a
}

// plainly is a question as a server is asked it, where that is all there is to do: the
// system does not know the answer, and one name alone may be meant.
func (r *Resolver) plainly(q Question) (question, bool) {
	if r.system != nil {
		if _, known := r.system.lookup(q); known {
			return question{}, false
		}
	}
	names := r.names(q)
	return question{names[0], q.Type}, len(names) == 1
}

// names are the names of a question in the order in which to ask for them.
func (r *Resolver) names(q Question) []string {
	if address, err := netip.ParseAddr(q.Name); err == nil {
		return []string{Reverse(address)}
	}
	name := orElse(strings.TrimSuffix(q.Name, "."), ".")
	if r.system == nil || strings.Contains(q.Name, ".") {
		return []string{name}
	}
	var names []string
	for _, suffix := range r.system.conf.search {
		names = append(names, name+"."+suffix)
	}
	return append(names, name)
}

// find asks the servers one after the other until one knows.
func (r *Resolver) find(ctx context.Context, q question) sonde.DNSAnswer {
	last := sonde.DNSAnswer{
		Host: q.name, Type: q.kind, Resolver: r.label, At: time.Now().UTC(),
		Failure: sonde.ServFail, Detail: "no name server of this family is configured",
	}
	refused := map[*way]bool{}
	for range r.config.Tries {
		for _, w := range r.order() {
			if refused[w] || ctx.Err() != nil {
				continue
			}
			last = r.askAt(ctx, w, q)
			if last.RCode != "" && last.Failure != sonde.ServFail {
				return last
			}
			refused[w] = last.RCode != ""
		}
	}
	return last
}

// order is the servers as the system lists them, those behind the others that did not
// answer last.
func (r *Resolver) order() []*way {
	if len(r.ways) < 2 {
		return r.ways
	}
	var order, silent []*way
	for _, w := range r.ways {
		if w.silent.Load() {
			silent = append(silent, w)
		} else {
			order = append(order, w)
		}
	}
	return append(order, silent...)
}

// askAt asks one server, once.
func (r *Resolver) askAt(ctx context.Context, w *way, q question) sonde.DNSAnswer {
	start := time.Now()
	m := manner{recurse: true, dnssec: r.config.DNSSEC}
	reply, err := exchange(ctx, w, q, m, start.Add(r.config.Timeout))
	a := sonde.DNSAnswer{Host: q.name, Type: q.kind}
	if err == nil {
		a = q.answer(reply)
	} else {
		a.Failure, a.Detail = failureOf(err, r.config.Roots)
	}
	w.silent.Store(err != nil && ctx.Err() == nil)
	a.Resolver, a.Server, a.At, a.RTT = r.label, w.name, start.UTC(), time.Since(start)
	if a.Failure != sonde.NoFailure && a.RCode != "NXDOMAIN" && a.RCode != "NOERROR" {
		a.Detail = "asking " + w.name + " for " + q.name + ": " + a.Detail
	}
	return a
}

// exchange asks a server, without EDNS where it does not know that.
func exchange(ctx context.Context, s server, q question, m manner, deadline time.Time) (reply, error) {
	r, err := s.exchange(ctx, q, m, deadline)
	if err == nil && (r.rcode == "FORMERR" || r.rcode == "NOTIMP") {
		m.plain = true
		return s.exchange(ctx, q, m, deadline)
	}
	return r, err
}
