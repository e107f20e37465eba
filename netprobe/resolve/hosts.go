package resolve

import (
	"net/netip"
	"strings"
)

// maxHostsFile is how much of a hosts file is read, in bytes.
const maxHostsFile = 16 << 20

// hosts is what the hosts file says (hosts(5)).
type hosts struct {
	addresses map[string][]netip.Addr // by name, in the order of the file
	names     map[netip.Addr][]string
}

// readHosts reads a hosts file. Lines that are none are passed over.
func readHosts(text []byte) hosts {
	h := hosts{map[string][]netip.Addr{}, map[netip.Addr][]string{}}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		address, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		address = address.Unmap().WithZone("")
		for _, field := range fields[1:] {
			if name, err := Name(field); err == nil && name != "." {
				h.add(strings.TrimSuffix(name, "."), address)
			}
		}
	}
	return h
}

func (h hosts) add(name string, address netip.Addr) {
	h.addresses[name] = append(h.addresses[name], address)
	h.names[address] = append(h.names[address], name)
}

// lookup gives the addresses of a name that are of a type, A or AAAA.
func (h hosts) lookup(name, kind string) []netip.Addr {
	var found []netip.Addr
	for _, address := range h.addresses[name] {
		if address.Is4() == (kind == "A") {
			found = append(found, address)
		}
	}
	return found
}
