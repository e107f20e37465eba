package identify

import (
	"testing"

	"sonde"
)

func TestRedis(t *testing.T) {
	const mistaken = "-ERR wrong number of arguments for 'get' command\r\n"
	testServed(t, []served{
		{
			"Valkey", answering(map[string]string{
				"GET ": mistaken, "PING": "+PONG\r\n",
				"INFO": "$61\r\n# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.0.1\r\nos:Linux\r\n\r\n",
			}),
			sonde.Service{Name: "redis", Product: "Valkey", Version: "8.0.1", Facts: facts("os", "Linux")},
		},
		{
			"INFO forbidden", answering(map[string]string{"GET ": mistaken, "PING": "+PONG\r\n", "INFO": "-NOPERM not for you\r\n"}),
			sonde.Service{Name: "redis", Facts: facts("refusal", "NOPERM not for you")},
		},
		{
			"login wanted", answering(map[string]string{"PING": "-NOAUTH Authentication required.\r\n"}),
			sonde.Service{Name: "redis", Facts: facts("refusal", "NOAUTH Authentication required.")},
		},
	})
}
