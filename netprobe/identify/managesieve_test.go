package identify

import (
	"testing"

	"sonde"
)

func TestManageSieve(t *testing.T) {
	testServed(t, []served{
		{
			"Cyrus", replies("\"IMPLEMENTATION\" \"Cyrus timsieved v3.6.1\"\r\n\"SASL\" \"PLAIN\"\r\nOK\r\n", "OK\r\n"),
			sonde.Service{
				Name: "managesieve", Product: "Cyrus", Version: "3.6.1",
				Facts: facts("implementation", "Cyrus timsieved v3.6.1", "sasl", "PLAIN"),
			},
		},
		{
			"STARTTLS that is refused", replies("\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n", "NO\r\n"),
			sonde.Service{Name: "managesieve", StartTLS: true, Facts: facts("version", "1.0")},
		},
	})
}
