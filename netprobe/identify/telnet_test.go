package identify

import (
	"testing"

	"sonde"
)

func TestTelnet(t *testing.T) {
	testServed(t, []served{
		{
			"options, then a prompt", replies("\xff\xfd\x18\xff\xfb\x01", "\xff\xfe\x01\xff\xfa\x18\x01\xff\xf0Debian GNU/Linux 12\r\n\xff\xfd\x63\r\nsonde login: ", ""),
			sonde.Service{Name: "telnet", Facts: facts("options", "terminal type, echo, 99", "prompt", "Debian GNU/Linux 12 sonde login:")},
		},
		{"a prompt alone", says("router\r\n\r\nUsername: "), sonde.Service{Name: "telnet", Facts: facts("prompt", "router Username:")}},
	})
}
