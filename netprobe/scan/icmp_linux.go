//go:build linux && !portable

package scan

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"sonde"
)

// extendedReason reads a struct sock_extended_err (linux/errqueue.h): errno in 4 bytes,
// then the origin, and the type and code of ICMP.
func extendedReason(m unix.SocketControlMessage, transport sonde.Transport) sonde.PortReason {
	const origin, icmpType, icmpCode, length = 4, 5, 6, 8
	queued := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR ||
		m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
	if !queued || len(m.Data) < length {
		return ""
	}
	switch m.Data[origin] {
	case unix.SO_EE_ORIGIN_ICMP:
		return icmpReason(m.Data[icmpType], m.Data[icmpCode], transport)
	case unix.SO_EE_ORIGIN_ICMP6:
		return icmp6Reason(m.Data[icmpType], m.Data[icmpCode], transport)
	case unix.SO_EE_ORIGIN_LOCAL:
		return reasonOf(unix.Errno(binary.NativeEndian.Uint32(m.Data)))
	}
	return ""
}

// icmpReason reads a Destination Unreachable (RFC 792; RFC 1812, section 5.2.7.1).
func icmpReason(kind, code byte, transport sonde.Transport) sonde.PortReason {
	const unreachable = 3
	if kind != unreachable {
		return ""
	}
	switch code {
	case 3: // port
		return portUnreachable(transport)
	case 4: // fragmentation needed: a smaller packet passes
		return ""
	case 9, 10, 13: // network, host, communication administratively prohibited
		return sonde.ByProhibition
	}
	return sonde.ByUnreachable
}

// icmp6Reason reads a Destination Unreachable (RFC 4443, section 3.1).
func icmp6Reason(kind, code byte, transport sonde.Transport) sonde.PortReason {
	const unreachable = 1
	if kind != unreachable {
		return ""
	}
	switch code {
	case 1, 5, 6: // administratively prohibited, failed policy, reject route
		return sonde.ByProhibition
	case 4: // port
		return portUnreachable(transport)
	}
	return sonde.ByUnreachable
}

// portUnreachable is a closed port of UDP. A closed port of TCP answers by a reset (RFC
// 9293, section 3.10.7.1), so that for TCP it is a firewall that speaks.
func portUnreachable(transport sonde.Transport) sonde.PortReason {
	if transport == sonde.UDP {
		return sonde.ByRefusal
	}
	return sonde.ByProhibition
}
