package identify

import (
	"testing"

	"sonde"
)

func TestRDP(t *testing.T) {
	const confirm = "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00"
	testServed(t, []served{
		{
			"its own security", answering(map[string]string{rdpRequest: confirm + "\x02\x00\x08\x00\x00\x00\x00\x00"}),
			sonde.Service{Name: "rdp", Facts: facts("security", "RDP")},
		},
		{
			"TLS that does not come up", answering(map[string]string{rdpRequest: confirm + "\x02\x00\x08\x00\x01\x00\x00\x00"}),
			sonde.Service{Name: "rdp", StartTLS: true, Facts: facts("security", "TLS")},
		},
		{"an old one", answering(map[string]string{rdpRequest: "\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"}), sonde.Service{Name: "rdp"}},
		{"another that uses TPKT", answering(map[string]string{rdpRequest: "\x03\x00\x00\x07\x02\xf0\x80"}), sonde.Service{}},
	})
}
