package identify

import (
	"testing"

	"sonde"
)

func TestIRC(t *testing.T) {
	testServed(t, []served{
		{
			"InspIRCd", replies(":irc.sonde.test NOTICE * :*** Looking up your hostname...\r\n",
				":irc.sonde.test NOTICE * :*** Found it\r\n:irc.sonde.test CAP * LS * :multi-prefix\r\n:irc.sonde.test CAP * LS :inspircd.org/poison tls\r\n", ""),
			sonde.Service{Name: "irc", Product: "InspIRCd", Facts: facts("server", "irc.sonde.test", "capabilities", "multi-prefix inspircd.org/poison tls")},
		},
		{
			"without capabilities", answering(map[string]string{"CAP LS": ":irc.sonde.test 451 * :You have not registered\r\n", "QUIT": ""}),
			sonde.Service{Name: "irc", Facts: facts("server", "irc.sonde.test")},
		},
		{"closed to us", says("ERROR :Closing Link: banned\r\n"), sonde.Service{Name: "irc"}},
	})
}
