package identify

import (
	"testing"

	"sonde"
)

func TestIMAP(t *testing.T) {
	testServed(t, []served{
		{
			"Cyrus", replies(
				"* OK example.org Cyrus IMAP 3.6.1-4+deb12u3 server ready\r\n", "* CAPABILITY IMAP4rev1 ID\r\na1 OK\r\n",
				`* ID ("name" "Cyrus IMAPD" "version" "3.6.1" "os" NIL "vendor" "Project \"C\"")`+"\r\na2 OK\r\n", "* BYE\r\na4 OK\r\n",
			),
			sonde.Service{Name: "imap", Product: "Cyrus", Version: "3.6.1", Facts: facts("capabilities", "IMAP4rev1 ID", "vendor", `Project \"C\"`)},
		},
		{
			"told by ID alone",
			replies("* PREAUTH hello\r\n", "* CAPABILITY IMAP4rev1 id\r\na1 OK\r\n", "* ID (\"name\" \"Gimap\")\r\na2 OK\r\n"),
			sonde.Service{Name: "imap", Product: "Gimap", Facts: facts("capabilities", "IMAP4rev1 id")},
		},
		{
			"closed to us", replies("* BYE Autologout\r\n"),
			sonde.Service{Name: "imap"},
		},
	})
}
