package identify

import (
	"testing"

	"sonde"
)

func TestVNC(t *testing.T) {
	testServed(t, []served{
		{"types", replies("RFB 003.008\n", "\x03\x01\x02\xfa"), sonde.Service{Name: "vnc", Facts: facts("protocol", "3.8", "security", "none, VNC authentication, 250")}},
		{"3.3", replies("RFB 003.003\n"), sonde.Service{Name: "vnc", Facts: facts("protocol", "3.3")}},
		{"refused", replies("RFB 003.008\n", "\x00\x00\x00\x00\x03no!"), sonde.Service{Name: "vnc", Facts: facts("protocol", "3.8")}},
	})
}
