package fetch

import "net/netip"

// openGuard lets everything on this machine pass.
func openGuard() *Guard {
	return NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, nil)
}
