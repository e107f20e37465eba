package identify

import (
	"testing"

	"sonde"
)

func TestPOP3(t *testing.T) {
	testServed(t, []served{
		{
			"by IMPLEMENTATION", replies("+OK <1.2@example.org>\r\n", "+OK\r\nTOP\r\nIMPLEMENTATION Cyrus POP3 v3.6.1\r\n.\r\n", "+OK\r\n"),
			sonde.Service{Name: "pop3", Product: "Cyrus", Version: "3.6.1", Facts: facts("capabilities", "TOP, IMPLEMENTATION Cyrus POP3 v3.6.1")},
		},
		{
			"without CAPA", replies("+OK Qpopper (version 4.1.0) at example.org\r\n", "-ERR unknown\r\n", "+OK\r\n"),
			sonde.Service{Name: "pop3", Product: "Qpopper", Version: "4.1.0"},
		},
	})
}
