package resolve

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// Bounds of names (RFC 1035, section 2.3.4), as text without the final dot.
const (
	maxName  = 253
	maxLabel = 63
)

// lookups turns names with other letters into those that the DNS has (UTS 46, for
// looking up). Underscores pass: service names have them.
var lookups = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// Name puts a name as people type it into the form in which it is asked for: lower
// case, ASCII. A final dot, which says that no search list applies, stays.
func Name(text string) (string, error) {
	if text == "." {
		return text, nil
	}
	name := text
	if !ascii(name) {
		mapped, err := lookups.ToASCII(name)
		if err != nil {
			return "", fmt.Errorf("%q is no name: %s", text, strings.TrimPrefix(err.Error(), "idna: "))
		}
		name = mapped
	}
	name = strings.ToLower(name)
	if err := checkName(strings.TrimSuffix(name, ".")); err != nil {
		return "", fmt.Errorf("%q is no name: %w", text, err)
	}
	return name, nil
}

func ascii(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > '~' }) < 0
}

// checkName holds that a name can be asked for. What host names may be made of is for
// those who register them.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case strings.Contains(name, "://"):
		return errors.New("it is a URL; the name is what stands between // and the next /")
	case len(name) > maxName:
		return fmt.Errorf("it has %d characters, and a name has %d at most", len(name), maxName)
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" {
			return errors.New("two dots follow each other, or one stands at its beginning")
		}
		if len(label) > maxLabel {
			return fmt.Errorf("%.20s… has %d characters, and a label has %d at most", label, len(label), maxLabel)
		}
	}
	for i := range len(name) {
		if !stands[name[i]] {
			return fmt.Errorf("%q cannot stand in it", name[i])
		}
	}
	return nil
}

// stands holds the characters that can stand in a name.
var stands = func() (set [256]bool) {
	for c := '!'; c <= '~'; c++ {
		set[c] = !strings.ContainsRune(`\"/:@[]'();`, c)
	}
	return set
}()

// Reverse is the name under which the DNS keeps the names of an address (RFC 1035,
// section 3.5; RFC 3596, section 2.5).
func Reverse(address netip.Addr) string {
	address = address.Unmap()
	var b strings.Builder
	if address.Is4() {
		bytes := address.As4()
		for i := 3; i >= 0; i-- {
			fmt.Fprintf(&b, "%d.", bytes[i])
		}
		return b.String() + "in-addr.arpa"
	}
	bytes := address.As16()
	for i := 15; i >= 0; i-- {
		fmt.Fprintf(&b, "%x.%x.", bytes[i]&15, bytes[i]>>4)
	}
	return b.String() + "ip6.arpa"
}
