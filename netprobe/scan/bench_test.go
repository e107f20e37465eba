package scan

import (
	"net/netip"
	"slices"
	"testing"

	"sonde"
)

// BenchmarkLoopback scans every port of this machine.
func BenchmarkLoopback(b *testing.B) {
	target := Target{Host: "localhost", Address: netip.MustParseAddr("127.0.0.1"), TCP: All()}
	b.ReportAllocs()
	for b.Loop() {
		if err := Run(b.Context(), Config{}, slices.Values([]Target{target}), func(sonde.Port) {}); err != nil {
			b.Fatal(err)
		}
	}
}
