package sonde

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// DNSAnswer is what came of one DNS question: the records, or why there are none.
type DNSAnswer struct {
	Host     string        // what was asked for: lower case, ASCII, no final dot
	Type     string        // "A", "AAAA", "MX", …
	Records  []DNSRecord   // in the order of the answer; CNAMEs on the way come first
	RCode    string        // "NOERROR", "NXDOMAIN", "SERVFAIL", …; "" when no answer came
	Flags    []string      // of the answer: "aa", "tc", "rd", "ra", "ad", "cd"
	Resolver string        // who answered: "system", "hosts", "192.0.2.1:53", "tls://192.0.2.1:853", "https://…"
	Server   string        // the one that did: an address with port, a URL, "hosts"; "" where none was asked
	RTT      time.Duration // of the exchange that gave the answer
	Failure  Failure       // NoFailure when records came
	Detail   string        // the failure in words, no control characters
	At       time.Time
}

// DNSRecord is one record of an answer.
type DNSRecord struct {
	Name  string // whose it is: the name asked for, or one that a CNAME led to
	Type  string
	Value string        // as zone files write it, host names without their final dot
	TTL   time.Duration // negative where the source tells none, as /etc/hosts
}

// Transport is the protocol below a port.
type Transport string

// The transports.
const (
	TCP Transport = "tcp"
	UDP Transport = "udp"
)

// PortState says what a port did when it was knocked at.
type PortState string

// The states.
const (
	PortOpen     PortState = "open"
	PortClosed   PortState = "closed"
	PortFiltered PortState = "filtered" // nobody answers, or somebody between forbids it
)

// PortReason says what a port's state was read from.
type PortReason string

// The reasons. For TCP, an ICMP port unreachable counts as prohibited: the TCP of the host
// itself would answer by a reset (RFC 9293, section 3.10.7.1).
const (
	ByAccept      PortReason = "accept"       // open: the connection came up
	ByReply       PortReason = "reply"        // open: a datagram came back
	ByRefusal     PortReason = "refused"      // closed: a reset, or for UDP an ICMP port unreachable
	BySilence     PortReason = "no_response"  // filtered: nothing came, asked again too
	ByUnreachable PortReason = "unreachable"  // filtered: no route, or ICMP host or net unreachable
	ByProhibition PortReason = "prohibited"   // filtered: an ICMP "administratively prohibited", or a local firewall
	BySelfConnect PortReason = "self_connect" // closed: the kernel connected the socket to itself
)

// Port is one port of one address, as it was found.
type Port struct {
	Host      string // as it was asked for: a name, or the address itself
	Address   netip.Addr
	Transport Transport
	Number    uint16
	State     PortState
	Reason    PortReason
	RTT       time.Duration // until the state was known; of a silent port the last wait
	Service   Service       // of an open port
	At        time.Time
}

// Service is what answers on a port. What its protocol does not tell is "".
type Service struct {
	Name    string    // of the protocol, lower case: "http", "ssh", "imap", …; "" when it was not recognised
	Product string    // "OpenSSH", "nginx", …
	Version string    // as the service writes it, without its packager's part
	Banner  string    // the first bytes that it said, as [Banner] writes them
	TLS     *TLSFacts // of a service inside TLS, or one that upgraded by StartTLS
	// StartTLS is whether the service offers to go over to TLS (STARTTLS, AUTH TLS, STLS, an SSLRequest).
	StartTLS bool
	Facts    []Fact // what else it tells of itself, in the order in which it was told
}

// Fact is one thing that a service tells of itself: "host key", "SHA256:…".
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MaxBanner is how many bytes of what a service says first are kept.
const MaxBanner = 4096

// CertificateSighting is a certificate where it was seen.
type CertificateSighting struct {
	Host    string
	Address netip.Addr
	Port    uint16
	TLS     TLSFacts
	At      time.Time
}

// Banner makes of what a service said first the text that is kept: at most MaxBanner
// bytes of it, with line ends, tabs, control characters, what is not UTF-8 and the
// backslash itself escaped (\r \n \t \xNN \\), so that no byte is lost and none acts.
func Banner(said []byte) string {
	said = said[:min(len(said), MaxBanner)]
	var text strings.Builder
	for len(said) > 0 {
		r, size := utf8.DecodeRune(said)
		appendEscaped(&text, r, said[:size])
		said = said[size:]
	}
	return text.String()
}

func appendEscaped(text *strings.Builder, r rune, raw []byte) {
	switch {
	case r == '\r':
		text.WriteString(`\r`)
	case r == '\n':
		text.WriteString(`\n`)
	case r == '\t':
		text.WriteString(`\t`)
	case r == '\\':
		text.WriteString(`\\`)
	case unicode.IsPrint(r) && (r != utf8.RuneError || len(raw) == 3):
		text.WriteRune(r)
	default:
		for _, b := range raw {
			fmt.Fprintf(text, `\x%02x`, b)
		}
	}
}
