package identify

import (
	"testing"

	"sonde"
)

func TestSOCKS(t *testing.T) {
	testServed(t, []served{
		{"open", answering(map[string]string{"\x05": "\x05\x00"}), sonde.Service{Name: "socks5", Facts: facts("authentication", "none")}},
		{"a login wanted", answering(map[string]string{"\x05": "\x05\x02"}), sonde.Service{Name: "socks5", Facts: facts("authentication", "user name and password")}},
		{"none that we have", answering(map[string]string{"\x05": "\x05\xff"}), sonde.Service{Name: "socks5", Facts: facts("authentication", "refused")}},
		{"a method that was not offered", answering(map[string]string{"\x05": "\x05\x03"}), sonde.Service{}},
		{"version 4", answering(map[string]string{"\x04": "\x00\x5b\x00\x00\x00\x00\x00\x00"}), sonde.Service{Name: "socks4"}},
	})
}
