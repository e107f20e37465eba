package identify

import (
	"net"
	"testing"
	"time"

	"sonde"
)

func TestTelnet(t *testing.T) {
	testServed(t, []served{
		{
			"options, then a prompt", replies("\xff\xfd\x18\xff\xfb\x01", "\xff\xfe\x01\xff\xfa\x18\x01\xff\xf0Debian GNU/Linux 12\r\n\xff\xfd\x63\r\nsonde login: ", ""),
			sonde.Service{Name: "telnet", Facts: facts("options", "terminal type, echo, 99", "prompt", "Debian GNU/Linux 12 sonde login:")},
		},
		{
			"options, long after the connection came up", func(conn net.Conn) {
				<-time.After(longestWait + 2*pause)
				replies("\xff\xfd\x18", "\xff\xfb\x01")(conn)
			},
			sonde.Service{Name: "telnet", Facts: facts("options", "terminal type, echo")},
		},
		{"a prompt alone", says("router\r\n\r\nUsername: "), sonde.Service{Name: "telnet", Facts: facts("prompt", "router Username:")}},
	})
}
