package scan

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"sonde"
	"sonde/netprobe/resolve"
)

// Target is one address to scan and its ports.
type Target struct {
	Host     string // as it is reported: a name, or the address itself
	Address  netip.Addr
	TCP, UDP Ports
}

// Aim is what a person typed as a target: a name that is still to be resolved, or
// addresses.
type Aim struct {
	Name   string       // lower case, ASCII, no final dot; "" where addresses were typed
	Prefix netip.Prefix // the addresses; of a single one all bits
	Port   uint16       // that a URL or a host with a port names besides; 0: none
}

// maxHostBits bounds the networks that are taken: 2^24 addresses, an IPv4 /8.
const maxHostBits = 24

// ParseTarget reads a name, an address, a network such as 192.0.2.0/24, a URL, or a
// host with a port. An error says what is wrong with the text and where.
func ParseTarget(text string) (Aim, error) {
	aim, err := parseAim(strings.TrimSpace(text))
	if err != nil {
		return Aim{}, fmt.Errorf("%q is no target: %w", text, err)
	}
	return aim, nil
}

func parseAim(text string) (Aim, error) {
	if scheme, _, isURL := strings.Cut(text, "://"); isURL {
		return parseURLAim(text, scheme)
	}
	if address, bits, isNet := strings.Cut(text, "/"); isNet {
		return parseNetAim(text, address, bits)
	}
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return addressAim(address, 0)
	}
	host, port, err := cutPort(text)
	if err != nil {
		return Aim{}, err
	}
	return hostAim(host, port)
}

// schemePorts are the ports that URLs mean without naming them.
var schemePorts = map[string]uint16{"http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 21, "ssh": 22}

func parseURLAim(text, scheme string) (Aim, error) {
	u, err := url.Parse(text)
	if err != nil {
		var fault *url.Error
		if errors.As(err, &fault) {
			err = fault.Err
		}
		return Aim{}, fmt.Errorf("it is no URL: %w", err)
	}
	port := schemePorts[strings.ToLower(scheme)]
	if u.Port() != "" {
		given, okay := portNumber(u.Port())
		if !okay {
			return Aim{}, fmt.Errorf("%q, character %d, is no port: a number from 1 to 65535 is wanted", u.Port(), strings.LastIndex(text, ":"+u.Port())+2)
		}
		port = given
	}
	return hostAim(u.Hostname(), port)
}

func parseNetAim(text, address, bits string) (Aim, error) {
	prefix, err := netip.ParsePrefix(text)
	if err == nil {
		return netAim(prefix.Masked())
	}
	place := len(address) + 2
	a, err := netip.ParseAddr(address)
	switch {
	case err != nil && strings.Trim(bits, "0123456789") != "":
		return Aim{}, fmt.Errorf("the path from character %d on needs a scheme before the host, as in https://%s", place-1, text)
	case err != nil:
		return Aim{}, fmt.Errorf("%q, character 1, is no IP address", address)
	}
	return Aim{}, fmt.Errorf("%q, character %d, is no prefix length: a number from 0 to %d is wanted", bits, place, a.BitLen())
}

func netAim(prefix netip.Prefix) (Aim, error) {
	if prefix.Addr().BitLen()-prefix.Bits() > maxHostBits {
		return Aim{}, fmt.Errorf("it has more addresses than can be scanned: at most a /%d", prefix.Addr().BitLen()-maxHostBits)
	}
	return Aim{Prefix: prefix}, nil
}

func addressAim(address netip.Addr, port uint16) (Aim, error) {
	address = address.Unmap()
	if sonde.ClassOf(address) == sonde.NeverAddress {
		return Aim{}, errors.New("no host that may be asked has this address")
	}
	if address.Zone() != "" {
		// A prefix has no zone, so that the address travels as a name.
		return Aim{Name: address.String(), Port: port}, nil
	}
	return Aim{Prefix: netip.PrefixFrom(address, address.BitLen()), Port: port}, nil
}

// cutPort takes the port from the end of a host.
func cutPort(text string) (host string, port uint16, err error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return text, 0, nil
	}
	port, okay := portNumber(text[colon+1:])
	if !okay {
		return "", 0, fmt.Errorf("%q, character %d, is no port: a number from 1 to 65535 is wanted", text[colon+1:], colon+2)
	}
	return text[:colon], port, nil
}

func hostAim(host string, port uint16) (Aim, error) {
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addressAim(address, port)
	}
	name, err := canonicalName(host)
	return Aim{Name: name, Port: port}, err
}

// canonicalName is a name as it is asked for and reported: without a final dot.
func canonicalName(host string) (string, error) {
	if i := strings.IndexFunc(host, foreignToNames); i >= 0 {
		return "", fmt.Errorf("%q, character %d, does not belong into a name", []rune(host[i:])[0], len([]rune(host[:i]))+1)
	}
	if host == "" || host == "." {
		return "", errors.New("a name or an address is wanted")
	}
	name, err := resolve.Name(host)
	if err != nil {
		return "", err
	}
	name = strings.TrimSuffix(name, ".")
	if last := name[strings.LastIndexByte(name, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return "", errors.New("it ends in a number as addresses do, and is none")
	}
	return name, nil
}

// foreignToNames reports whether a character is in no name, whatever the script.
func foreignToNames(r rune) bool {
	return r <= ' ' || r == 0x7f || r == utf8.RuneError || strings.ContainsRune(`!"#$%&'()*+,/:;<=>?@[\]^{|}~`+"`", r)
}

// Size is how many addresses the aim names; a name counts for one.
func (a Aim) Size() int {
	if a.Name != "" {
		return 1
	}
	return 1 << (a.Prefix.Addr().BitLen() - a.Prefix.Bits())
}

// String is the aim as people write it.
func (a Aim) String() string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Prefix.IsSingleIP():
		return a.Prefix.Addr().String()
	}
	return a.Prefix.String()
}

// Addresses are those that the aim names by number, in order. Those that no host has,
// such as multicast, and those that are never asked, such as the metadata services of
// clouds, are left out.
func (a Aim) Addresses() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for address := a.Prefix.Addr(); address.IsValid() && a.Prefix.Contains(address); address = address.Next() {
			if sonde.ClassOf(address) != sonde.NeverAddress && !yield(address) {
				return
			}
		}
	}
}
