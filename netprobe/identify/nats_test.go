package identify

import (
	"testing"

	"sonde"
)

func TestNATS(t *testing.T) {
	testServed(t, []served{
		{
			"INFO", says(`INFO {"server_id":"N","server_name":"n1","version":"2.10.7","auth_required":true,"jetstream":true}` + " \r\n"),
			sonde.Service{Name: "nats", Product: "NATS Server", Version: "2.10.7", Facts: facts("server name", "n1", "authentication required", "true", "jetstream", "true")},
		},
		{"another that says INFO", says("INFO {hello\r\n"), sonde.Service{}},
	})
}
