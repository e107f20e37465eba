package resolve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"sonde"
)

// Types are the types of records that can be asked for, in the order in which all of
// them are asked.
var Types = []string{
	"A", "AAAA", "CNAME", "MX", "NS", "SOA", "TXT", "SRV", "CAA", "PTR", "DS", "DNSKEY",
	"TLSA", "SVCB", "HTTPS", "NAPTR", "SSHFP",
}

// udpSize is how large a datagram we take: what passes everywhere in one piece (DNS
// flag day 2020).
const udpSize = 1232

// maxMessage is the size of the largest message (RFC 1035, section 4.2.2).
const maxMessage = 1<<16 - 1

// manner is how a question is asked.
type manner struct {
	recurse bool // ask the server to find out
	dnssec  bool // ask for signatures
	plain   bool // without EDNS, for servers that do not know it
}

// question is a question as it goes out.
type question struct {
	name string // lower case, no final dot; "." for the root
	kind string
}

// maxQuestion is how large a question can be: header, name, type and class, and what
// EDNS adds.
const maxQuestion = headerSize + maxName + 2 + 4 + 11

// pack appends a question to b as it goes over the wire (RFC 1035, section 4.1; RFC
// 6891, section 6.1). It is done by hand because thousands go out a second.
func (q question) pack(b []byte, id uint16, m manner) []byte {
	b = binary.BigEndian.AppendUint16(b, id)
	b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	start := len(b) - headerSize
	if m.recurse {
		b[start+2] = 1
	}
	if q.name != "." {
		for label := range strings.SplitSeq(q.name, ".") {
			b = append(append(b, byte(len(label))), label...)
		}
	}
	b = append(b, 0)
	b = binary.BigEndian.AppendUint16(b, dns.StringToType[q.kind])
	b = binary.BigEndian.AppendUint16(b, dns.ClassINET)
	if m.plain {
		return b
	}
	b[start+headerSize-1] = 1
	b = binary.BigEndian.AppendUint16(append(b, 0), dns.TypeOPT)
	b = binary.BigEndian.AppendUint16(b, udpSize)
	do := byte(0)
	if m.dnssec {
		do = 0x80
	}
	return append(b, 0, 0, do, 0, 0, 0)
}

// reply is a message that came, in our words.
type reply struct {
	rcode                         string
	flags                         []string
	authoritative, truncated      bool
	answer, authority, additional []sonde.DNSRecord
	note                          string // what the server adds to its rcode (RFC 8914)
}

// lie is a message that is not what it should be.
type lie struct{ what string }

func (l *lie) Error() string { return l.what }

var (
	errTooShort      = &lie{"it is shorter than a header"}
	errOtherID       = &lie{"it has another id than the question"}
	errOtherQuestion = &lie{"it answers another question"}
)

// headerSize is the size of a message's header (RFC 1035, section 4.1.1).
const headerSize = 12

// read reads the reply to a question that went out with an id. The error is a *lie.
func (q question) read(b []byte, id uint16) (reply, error) {
	switch {
	case len(b) < headerSize:
		return reply{}, errTooShort
	case binary.BigEndian.Uint16(b) != id:
		return reply{}, errOtherID
	case b[2]&0x80 == 0:
		return reply{}, &lie{"it is a question itself"}
	}
	message, err := unpack(b)
	if err != nil {
		return reply{}, &lie{"it is malformed: " + sonde.Tidy(strings.TrimPrefix(err.Error(), "dns: "))}
	}
	if !q.askedBy(message) {
		return reply{}, errOtherQuestion
	}
	r := reply{
		rcode:         rcodeName(message.Rcode),
		flags:         flagsOf(binary.BigEndian.Uint16(b[2:])),
		authoritative: message.Authoritative,
		truncated:     message.Truncated,
		answer:        records(message.Answer),
		authority:     records(message.Ns),
		additional:    records(message.Extra),
	}
	if opt := message.IsEdns0(); opt != nil {
		r.note = extendedError(opt)
	}
	return r, nil
}

// unpack reads a message. Of one that was cut only what stands before the cut counts:
// the question is asked again over TCP anyway.
func unpack(b []byte) (*dns.Msg, error) {
	message := new(dns.Msg)
	counts := [3]int{}
	if b[2]&0x02 != 0 {
		b = slices.Clone(b)
		clear(b[6:headerSize])
	}
	for i := range counts {
		counts[i] = int(binary.BigEndian.Uint16(b[6+2*i:]))
	}
	if err := message.Unpack(b); err != nil {
		return nil, err
	}
	if counts != [3]int{len(message.Answer), len(message.Ns), len(message.Extra)} {
		return nil, errors.New("it holds fewer records than it says")
	}
	return message, nil
}

// askedBy reports whether a message answers the question. A server that does not
// understand a question need not repeat it (RFC 6891, section 7).
func (q question) askedBy(message *dns.Msg) bool {
	if len(message.Question) == 0 {
		return message.Rcode == dns.RcodeFormatError || message.Rcode == dns.RcodeNotImplemented
	}
	asked := message.Question[0]
	return len(message.Question) == 1 && asked.Qclass == dns.ClassINET && asked.Qtype == dns.StringToType[q.kind] &&
		strings.EqualFold(asked.Name, dns.Fqdn(q.name))
}

func rcodeName(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return "RCODE" + strconv.Itoa(code)
}

// flagsOf names the flags in a header (RFC 1035, section 4.1.1; RFC 4035, section 3.2).
func flagsOf(bits uint16) []string {
	flags := make([]string, 0, 6)
	for _, f := range [...]struct {
		name string
		bit  uint16
	}{{"aa", 1 << 10}, {"tc", 1 << 9}, {"rd", 1 << 8}, {"ra", 1 << 7}, {"ad", 1 << 5}, {"cd", 1 << 4}} {
		if bits&f.bit != 0 {
			flags = append(flags, f.name)
		}
	}
	return flags
}

// extendedError is what a server says beyond its rcode.
func extendedError(opt *dns.OPT) string {
	for _, option := range opt.Option {
		if e, ok := option.(*dns.EDNS0_EDE); ok {
			words := orElse(dns.ExtendedErrorCodeToString[e.InfoCode], "error "+strconv.Itoa(int(e.InfoCode)))
			if e.ExtraText != "" {
				words += ": " + e.ExtraText
			}
			return sonde.Tidy(words)
		}
	}
	return ""
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// records puts records into our words. What EDNS adds is none.
func records(all []dns.RR) []sonde.DNSRecord {
	var kept []sonde.DNSRecord
	for _, rr := range all {
		h := rr.Header()
		if h.Rrtype == dns.TypeOPT || h.Class != dns.ClassINET {
			continue
		}
		if kept == nil {
			kept = make([]sonde.DNSRecord, 0, len(all))
		}
		kept = append(kept, sonde.DNSRecord{Name: host(h.Name), Type: dns.Type(h.Rrtype).String(), Value: value(rr), TTL: ttl(h.Ttl)})
	}
	return kept
}

// ttl is a time to live. One with its highest bit set is none (RFC 2181, section 8).
func ttl(seconds uint32) time.Duration {
	if seconds > 1<<31-1 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// host is a name of the DNS as hosts are written: lower case, no final dot.
func host(name string) string {
	if name == "." {
		return name
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// value is what a record says, as zone files write it, names without their final dot.
func value(rr dns.RR) string {
	switch r := rr.(type) {
	case *dns.A:
		return r.A.String()
	case *dns.AAAA:
		return r.AAAA.String()
	case *dns.CNAME:
		return host(r.Target)
	case *dns.NS:
		return host(r.Ns)
	case *dns.PTR:
		return host(r.Ptr)
	case *dns.MX:
		return fmt.Sprintf("%d %s", r.Preference, host(r.Mx))
	case *dns.SRV:
		return fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, host(r.Target))
	case *dns.SOA:
		return fmt.Sprintf("%s %s %d %d %d %d %d", host(r.Ns), host(r.Mbox), r.Serial, r.Refresh, r.Retry, r.Expire, r.Minttl)
	case *dns.SVCB:
		return rest(&dns.SVCB{Hdr: r.Hdr, Priority: r.Priority, Target: host(r.Target), Value: r.Value})
	case *dns.HTTPS:
		return rest(&dns.SVCB{Hdr: r.Hdr, Priority: r.Priority, Target: host(r.Target), Value: r.Value})
	case *dns.NAPTR:
		short := *r
		short.Replacement = host(r.Replacement)
		return rest(&short)
	}
	return rest(rr)
}

// rest is a record as zone files write it, behind its header.
func rest(rr dns.RR) string {
	return strings.TrimPrefix(rr.String(), rr.Header().String())
}
