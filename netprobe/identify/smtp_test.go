package identify

import (
	"testing"

	"sonde"
)

func TestSMTP(t *testing.T) {
	testServed(t, []served{
		{
			"Exim", replies(
				"220-mx.example.org ESMTP Exim 4.96 Wed, 25 Nov 2026\r\n220 no spam\r\n",
				"250-mx.example.org Hello\r\n250-SIZE 52428800\r\n250 HELP\r\n", "221 bye\r\n",
			),
			sonde.Service{Name: "smtp", Product: "Exim", Version: "4.96", Facts: facts("extensions", "SIZE 52428800, HELP")},
		},
		{
			"STARTTLS that is taken back",
			replies("220 mx ESMTP Postfix\r\n", "250-mx\r\n250 STARTTLS\r\n", "454 TLS not available\r\n", "221 bye\r\n"),
			sonde.Service{Name: "smtp", Product: "Postfix", StartTLS: true, Facts: facts("extensions", "STARTTLS")},
		},
		{
			"nothing but the code", replies("220 hello\r\n", "250 hello\r\n"),
			sonde.Service{Name: "smtp"},
		},
		{
			"closing after the greeting", replies("554 mx ESMTP not accepting messages\r\n"),
			sonde.Service{Name: "smtp"},
		},
		{
			"a greeting of neither", replies("220 hello\r\n", "500 what?\r\n", "500 what?\r\n", "500 what?\r\n", "500 what?\r\n"),
			sonde.Service{},
		},
	})
}
