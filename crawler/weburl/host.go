package weburl

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"sonde"
)

// parseHost parses a host (https://url.spec.whatwg.org/#host-parsing) that is not
// empty: a domain, or an address in any of its spellings.
func parseHost(s string) (string, error) {
	if s[0] == '[' {
		return parseIPv6(s)
	}
	domain, err := domainToASCII(unescape(s))
	if err != nil {
		return "", err
	}
	if endsInNumber(domain) {
		return parseIPv4(domain)
	}
	return domain, nil
}

// unescape decodes every percent-encoded octet.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if octet, ok := escape(s[i:]); ok {
			out = append(out, octet)
			i += 2
		} else {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// maxMapped bounds the domains that are mapped to ASCII, whose cost grows with the
// square of the length; no URL that is short enough has a longer one.
const maxMapped = utf8.UTFMax * sonde.MaxURLLength

// domainToASCII is the standard's domain to ASCII, not strict. An ASCII domain is
// only lower-cased: its xn-- labels need not be valid (whatwg/url#914).
func domainToASCII(domain string) (string, error) {
	ascii, ok := toASCII(domain)
	if !ok {
		return "", fmt.Errorf("the host %q is not a domain name that can be written in ASCII", excerpt(domain))
	}
	if ascii == "" {
		return "", errNoHost
	}
	if i := strings.IndexFunc(ascii, forbiddenInDomain); i >= 0 {
		return "", fmt.Errorf("the host %q has %q%s, which no host may have", excerpt(domain), ascii[i], place(domain, ascii[i]))
	}
	return ascii, nil
}

func toASCII(domain string) (string, bool) {
	if isASCII(domain) {
		return strings.ToLower(domain), true
	}
	if len(domain) > maxMapped || !utf8.ValidString(domain) {
		return "", false
	}
	ascii, err := domains.ToASCII(domain)
	return ascii, err == nil
}

// place says where c stands in s, if it does.
func place(s string, c byte) string {
	i := strings.IndexByte(s, c)
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" at character %d", utf8.RuneCountInString(s[:i])+1)
}

// domains is UTS 46 with the parameters that the standard gives it.
var domains = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.ValidateLabels(true),
	idna.CheckHyphens(false),
	idna.CheckJoiners(true),
	idna.BidiRule(),
	idna.VerifyDNSLength(false),
)

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// forbiddenInDomain tells the standard's forbidden domain code points.
func forbiddenInDomain(c rune) bool {
	return c <= ' ' || c == 0x7F || strings.ContainsRune("#%/:<>?@[\\]^|", c)
}

// endsInNumber reports whether the last label is a number: then the host is an
// IPv4 address or nothing.
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if strings.HasPrefix(last, "0x") {
		return strings.Trim(last[2:], "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// parseIPv4 reads one to four numbers, decimal, octal or hexadecimal, of which the
// last fills what the others leave.
func parseIPv4(domain string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(domain, "."), ".")
	if len(parts) > 4 {
		return "", fmt.Errorf("the host %q ends in a number but has more than the four parts of an IPv4 address", excerpt(domain))
	}
	address := uint64(0)
	for i, part := range parts {
		limit, shift := uint64(256), 8*(3-i)
		if i == len(parts)-1 {
			limit, shift = 1<<(8*(5-len(parts))), 0
		}
		n, err := parseIPv4Number(part)
		if err != nil || n >= limit {
			return "", fmt.Errorf("the host %q ends in a number but is not an IPv4 address: part %d is not a number below %d", excerpt(domain), i+1, limit)
		}
		address |= n << shift
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), nil
}

// parseIPv4Number reads a number as C does; a bare 0x is 0.
func parseIPv4Number(s string) (uint64, error) {
	switch {
	case s == "0x":
		return 0, nil
	case strings.HasPrefix(s, "0x"):
		return strconv.ParseUint(s[2:], 16, 64)
	case len(s) > 1 && s[0] == '0':
		return strconv.ParseUint(s, 8, 64)
	}
	return strconv.ParseUint(s, 10, 64)
}

// parseIPv6 reads an address in brackets and writes it in its shortest form, in
// hexadecimal throughout.
func parseIPv6(s string) (string, error) {
	inner, closed := strings.CutSuffix(s[1:], "]")
	if !closed {
		return "", fmt.Errorf("the host %q has a [ at character 1 and no ] at its end", excerpt(s))
	}
	address, err := netip.ParseAddr(inner)
	if err != nil || !address.Is6() || address.Zone() != "" {
		return "", fmt.Errorf("the host %q is not an IPv6 address", excerpt(s))
	}
	if address.Is4In6() {
		b := address.As16()
		return fmt.Sprintf("[::ffff:%x:%x]", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15])), nil
	}
	return "[" + address.String() + "]", nil
}
