package identify

import (
	"testing"

	"sonde"
)

func TestMemcached(t *testing.T) {
	testServed(t, []served{
		{
			"known by what it says to HTTP", answering(map[string]string{"GET ": "ERROR\r\n", "version": "VERSION 1.6.18\r\n"}),
			sonde.Service{Name: "memcached", Product: "memcached", Version: "1.6.18"},
		},
		{
			"login wanted", answering(map[string]string{"version": "CLIENT_ERROR unauthenticated\r\n"}),
			sonde.Service{Name: "memcached", Facts: facts("refusal", "CLIENT_ERROR unauthenticated")},
		},
		{
			"something else that says ERROR", answering(map[string]string{"GET ": "ERROR\r\n", "version": "ERROR\r\n"}),
			sonde.Service{},
		},
	})
}
