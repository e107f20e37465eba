package identify

import (
	"testing"

	"sonde"
)

func TestPostgreSQL(t *testing.T) {
	message := func(fields string) string {
		return "E" + string(withLength(4, true, []byte(fields+"\x00")))
	}
	testServed(t, []served{
		{
			"without TLS", answering(map[string]string{
				postgresSSLRequest: "N",
				postgresNoVersion: message("SFATAL\x00VFATAL\x00C0A000\x00" +
					"Munsupported frontend protocol 255.255: server supports 3.0 to 3.0\x00Fpostmaster.c\x00L2141\x00RProcessStartupPacket\x00"),
			}),
			sonde.Service{Name: "postgresql", Product: "PostgreSQL", Facts: facts("protocol", "3.0 to 3.0", "release", "14 to 17")},
		},
		{
			"another server that speaks it", answering(map[string]string{
				postgresSSLRequest: "N", postgresNoVersion: message("SERROR\x00C08P01\x00Munsupported protocol\x00"),
			}),
			sonde.Service{Name: "postgresql", Facts: facts("refusal", "unsupported protocol")},
		},
		{
			"one that says N to everything", answering(map[string]string{postgresSSLRequest: "N", postgresNoVersion: "N"}),
			sonde.Service{},
		},
	})
}
