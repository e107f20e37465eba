package resolve

import (
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"sonde"
)

// system is how this machine resolves names.
type system struct {
	conf  resolvConf
	hosts hosts
}

// readSystem reads the system's files. One that is not there says nothing.
func readSystem(c *Config) *system {
	return &system{
		conf:  readResolvConf(readFile(orElse(c.ResolvConf, "/etc/resolv.conf"))),
		hosts: readHosts(readFile(orElse(c.HostsFile, "/etc/hosts"))),
	}
}

func readFile(path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxHostsFile))
	if err != nil {
		return nil
	}
	return text
}

// lookup answers what needs no server: names and addresses in the hosts file, and
// those that have a meaning of their own.
func (s *system) lookup(q Question) (a sonde.DNSAnswer, known bool) {
	name := strings.TrimSuffix(q.Name, ".")
	a = sonde.DNSAnswer{Host: name, Type: q.Type, RCode: "NOERROR", Resolver: Hosts, Server: Hosts, At: time.Now().UTC()}
	if q.Type == "A" || q.Type == "AAAA" {
		for _, address := range s.addresses(name, q.Type) {
			a.Records = append(a.Records, sonde.DNSRecord{Name: name, Type: q.Type, Value: address.String(), TTL: -1})
		}
	}
	if address, err := netip.ParseAddr(name); err == nil && q.Type == "PTR" {
		for _, found := range s.hosts.names[address.Unmap()] {
			a.Records = append(a.Records, sonde.DNSRecord{Name: Reverse(address), Type: "PTR", Value: found, TTL: -1})
		}
	}
	if name == "invalid" || strings.HasSuffix(name, ".invalid") {
		a.RCode, a.Failure = "NXDOMAIN", sonde.NXDomain
		a.Detail = "names below invalid never exist (RFC 6761)"
		return a, true
	}
	if strings.HasSuffix(name, ".onion") {
		a.RCode, a.Failure = "", sonde.NXDomain
		a.Detail = "onion services are reached through a Tor proxy only (RFC 7686)"
		return a, true
	}
	return a, len(a.Records) > 0
}

// addresses are those that a name has without a server, of a type: by the hosts file,
// or as localhost has them (RFC 6761, section 6.3).
func (s *system) addresses(name, kind string) []netip.Addr {
	found := s.hosts.lookup(name, kind)
	if len(found) > 0 || name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		return found
	}
	if kind == "A" {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	return []netip.Addr{netip.IPv6Loopback()}
}
