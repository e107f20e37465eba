package sonde

import "net/netip"

// AddressClass says how far an IP address reaches, which decides whether a crawl
// may dial it.
type AddressClass string

// The classes, from the widest reach to none.
const (
	GlobalAddress  AddressClass = "global"  // anyone on the internet reaches the same host there
	PrivateAddress AddressClass = "private" // it means something else from where we stand: a LAN, this machine, a tunnel, a reserved block
	NeverAddress   AddressClass = "never"   // no web site lives there: cloud metadata, multicast, broadcast, unspecified
)

// ClassOf classifies an address by the IANA special-purpose address registries
// (RFC 6890; iana-ipv4-special-registry and iana-ipv6-special-registry). An
// address that carries an IPv4 address inside (IPv4-mapped and IPv4-compatible,
// NAT64, 6to4, Teredo) is never freer than what it carries. The zone plays no
// part, and the zero Addr is [NeverAddress].
func ClassOf(a netip.Addr) AddressClass {
	a = a.WithZone("").Unmap()
	switch {
	case !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || neverAddresses[a]:
		return NeverAddress
	case a.Is4():
		return reach(a, GlobalAddress)
	}
	return classOf6(a)
}

// neverAddresses are single hosts: the limited broadcast address, and the places
// where clouds hand credentials and configuration to their machines.
var neverAddresses = addressSet(
	"255.255.255.255", // limited broadcast (RFC 919)
	"169.254.169.254", // AWS, Azure, Google, DigitalOcean, OpenStack, Oracle and others
	"169.254.170.2",   // AWS ECS task credentials
	"169.254.170.23",  // AWS EKS Pod Identity
	"169.254.42.42",   // Scaleway
	"169.254.0.23",    // Tencent Cloud
	"168.63.129.16",   // Azure WireServer
	"100.100.100.200", // Alibaba Cloud
	"192.0.0.192",     // Oracle Cloud Classic
	"fd00:ec2::254",   // AWS
	"fd00:ec2::23",    // AWS EKS Pod Identity
	"fd20:ce::254",    // Google Cloud
	"fd00:42::42",     // Scaleway
)

// A block is a range of addresses and the class of those in it.
type block struct {
	prefix netip.Prefix
	class  AddressClass
}

// blocks4 are the IPv4 blocks of the registry, exceptions before the block that
// holds them. What is in none of them is global.
var blocks4 = []block{
	private("0.0.0.0/8"),       // this network (RFC 791)
	private("10.0.0.0/8"),      // private use (RFC 1918)
	private("100.64.0.0/10"),   // shared address space, carrier-grade NAT (RFC 6598)
	private("127.0.0.0/8"),     // loopback (RFC 1122)
	private("169.254.0.0/16"),  // link local (RFC 3927)
	private("172.16.0.0/12"),   // private use (RFC 1918)
	global("192.0.0.9/32"),     // Port Control Protocol anycast (RFC 7723)
	global("192.0.0.10/32"),    // TURN anycast (RFC 8155)
	private("192.0.0.0/24"),    // IETF protocol assignments (RFC 6890)
	private("192.0.2.0/24"),    // documentation (RFC 5737)
	private("192.88.99.0/24"),  // 6to4 relay anycast, deprecated (RFC 7526)
	private("192.168.0.0/16"),  // private use (RFC 1918)
	private("198.18.0.0/15"),   // benchmarking (RFC 2544)
	private("198.51.100.0/24"), // documentation (RFC 5737)
	private("203.0.113.0/24"),  // documentation (RFC 5737)
	private("240.0.0.0/4"),     // reserved (RFC 1112)
}

// blocks6 are the IPv6 blocks of the registry, exceptions before the block that
// holds them. Outside 2000::/3 nothing is allocated as global unicast (RFC 4291).
var blocks6 = []block{
	global("2001:1::1/128"),     // Port Control Protocol anycast (RFC 7723)
	global("2001:1::2/128"),     // TURN anycast (RFC 8155)
	global("2001:1::3/128"),     // DNS-SD service registration anycast (RFC 9665)
	global("2001:3::/32"),       // AMT (RFC 7450)
	global("2001:4:112::/48"),   // AS112-v6 (RFC 7535)
	global("2001:20::/28"),      // ORCHIDv2 (RFC 7343)
	global("2001:30::/28"),      // drone remote identification (RFC 9374)
	private("2001::/23"),        // IETF protocol assignments (RFC 2928)
	private("2001:db8::/32"),    // documentation (RFC 3849)
	private("3fff::/20"),        // documentation (RFC 9637)
	global("2620:4f:8000::/48"), // direct delegation AS112 (RFC 7534)
	global("2000::/3"),          // global unicast (RFC 4291)
}

// reach returns the class of the first block that holds a, or otherwise.
func reach(a netip.Addr, otherwise AddressClass) AddressClass {
	blocks := blocks4
	if a.Is6() {
		blocks = blocks6
	}
	for _, b := range blocks {
		if b.prefix.Contains(a) {
			return b.class
		}
	}
	return otherwise
}

// The prefixes whose addresses carry an IPv4 address.
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")   // RFC 6052
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48") // RFC 8215
	sixToFour  = netip.MustParsePrefix("2002::/16")      // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")      // RFC 4380
	compatible = netip.MustParsePrefix("::/96")          // RFC 4291, deprecated
)

// classOf6 classifies an IPv6 address, looking through those that carry an IPv4
// address.
func classOf6(a netip.Addr) AddressClass {
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return ClassOf(carried(b[12:]))
	case sixToFour.Contains(a):
		return ClassOf(carried(b[2:]))
	case nat64Local.Contains(a):
		// The operator chooses where the address stands: RFC 6052 has it
		// around the octet u for /48, or at the end for /96.
		split := netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]})
		return tightest(PrivateAddress, carriedNever(split), carriedNever(carried(b[12:])))
	case teredo.Contains(a):
		client := netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
		return tightest(ClassOf(carried(b[4:])), ClassOf(client))
	case compatible.Contains(a):
		return tightest(PrivateAddress, carriedNever(carried(b[12:])))
	}
	return reach(a, PrivateAddress)
}

// carried returns the IPv4 address in the first four bytes of b.
func carried(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b)) }

// carriedNever is the class of a carried address where the bytes may be
// something else: only a known host counts, not an empty or a multicast pattern.
func carriedNever(a netip.Addr) AddressClass {
	if neverAddresses[a] {
		return NeverAddress
	}
	return PrivateAddress
}

// tightest returns the class with the least reach.
func tightest(classes ...AddressClass) AddressClass {
	tightest := GlobalAddress
	for _, c := range classes {
		if c == NeverAddress || tightest == GlobalAddress {
			tightest = c
		}
		if tightest == NeverAddress {
			break
		}
	}
	return tightest
}

func private(prefix string) block { return block{netip.MustParsePrefix(prefix), PrivateAddress} }
func global(prefix string) block  { return block{netip.MustParsePrefix(prefix), GlobalAddress} }

func addressSet(texts ...string) map[netip.Addr]bool {
	set := make(map[netip.Addr]bool, len(texts))
	for _, text := range texts {
		set[netip.MustParseAddr(text)] = true
	}
	return set
}
