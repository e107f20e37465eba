package resolve

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Bounds of a resolv.conf, those of the system's own resolver.
const (
	maxNameservers = 3
	maxSearch      = 6
	maxTimeout     = 30 * time.Second
	maxTries       = 5
)

// resolvConf is how the system resolves names (resolv.conf(5)).
type resolvConf struct {
	servers []netip.Addr
	search  []string // for names without a dot
	timeout time.Duration
	tries   int
}

// readResolvConf reads a resolv.conf. As the system's own resolver does, it passes over
// what it does not understand.
func readResolvConf(text []byte) resolvConf {
	c := resolvConf{timeout: 5 * time.Second, tries: 2}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		line, _, _ = strings.Cut(line, ";")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			if address, err := netip.ParseAddr(fields[1]); err == nil && len(c.servers) < maxNameservers {
				c.servers = append(c.servers, address)
			}
		case "domain", "search":
			c.search = suffixes(fields[1:])
		case "options":
			for _, option := range fields[1:] {
				c.option(option)
			}
		}
	}
	if len(c.servers) == 0 {
		c.servers = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	}
	return c
}

// suffixes are the names of a search list that are any.
func suffixes(fields []string) []string {
	var search []string
	for _, field := range fields[:min(len(fields), maxSearch)] {
		name, err := Name(field)
		if name = strings.TrimSuffix(name, "."); err == nil && name != "" {
			search = append(search, name)
		}
	}
	return search
}

func (c *resolvConf) option(option string) {
	name, text, _ := strings.Cut(option, ":")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return
	}
	switch name {
	case "timeout":
		c.timeout = min(time.Duration(min(n, 60))*time.Second, maxTimeout)
	case "attempts":
		c.tries = min(n, maxTries)
	}
}
